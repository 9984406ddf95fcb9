from typing import Any

from django.contrib.admin.options import BaseModelAdmin

# A plain mixin at run time, for model admins only.
class BaseModelAdminMixin(BaseModelAdmin[Any]): ...
