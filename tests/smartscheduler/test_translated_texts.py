"""Texts that people see go through gettext, so that the product can be translated.

The guard reads the syntax trees of the packages in `TRANSLATED`. It knows the places of Django and of the product
where a text for people stands, and refuses a bare string there. Texts that only developers see (logs, system checks,
output of commands) are not in these places.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartscheduler import BASE_DIR, errors
from smartscheduler.core.outbound import errors as outgoing_errors
from smartscheduler.core.outbound import provider_errors

# The whole product: a new package is found by itself.
DEVELOPERS = {"benchmarks", "tests"}
TRANSLATED = sorted({path.parent.name for path in BASE_DIR.glob("*/__init__.py")} - DEVELOPERS)

BRAND = "SmartScheduler"  # the same in every language
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext"}
# Options of fields, filters, serializers, actions and buttons, in any call.
OPTIONS = {"verbose_name", "verbose_name_plural", "help_text", "label", "empty_label", "error_messages"}
# Attributes of classes and functions.
ATTRIBUTES = OPTIONS - {"label"} | {"short_description", "search_help_text", "default_detail", "default_error_messages"}
# Calls with more options that hold a text.
OPTIONS_OF = {
    "display": {"description"},
    "action": {"description"},
    "RecordAction": {"question", "done", "submit"},
    "Problem": {"detail"},
}
# Errors of providers are stored and shown on the pages about their state.
ERRORS = (errors, outgoing_errors, provider_errors)
REFUSALS = {name for module in ERRORS for name, value in vars(module).items() if isinstance(value, type)} | {
    "NotFound",
    "PermissionDenied",
    "NotAuthenticated",
    "AuthenticationFailed",
    "MethodNotAllowed",
    "APIException",
}
# Calls with the position of the argument that holds a text.
POSITIONS = {"ValidationError": 0, "message_user": 1, "add_error": 1, "Reason": 1} | dict.fromkeys(REFUSALS, 0)
MESSAGES = {"success", "info", "warning", "error", "debug"}
# Expressions that pass texts on, with the attributes in which these stand.
PARTS: dict[type[ast.AST], list[str]] = {
    ast.JoinedStr: ["values"],
    ast.Dict: ["values"],
    ast.BoolOp: ["values"],
    ast.List: ["elts"],
    ast.Tuple: ["elts"],
    ast.BinOp: ["left", "right"],
    ast.IfExp: ["body", "orelse"],
    ast.ListComp: ["elt"],
    ast.DictComp: ["value"],
}


def files() -> list[Path]:
    paths = [path for package in TRANSLATED for path in sorted((BASE_DIR / package).rglob("*.py"))]
    return [path for path in paths if "migrations" not in path.parts]


def name_of(node: ast.AST) -> str:
    """The last part of a dotted name; empty for anything else."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


class Guard:
    """Bare texts of one module, each with its line."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        # Values of plain assignments: a text may have a name before it is used.
        self.named = {
            target.id: node.value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def faults(self) -> list[str]:
        places = {(node.lineno, node.col_offset, why) for why, node in self._faults()}
        return [f"line {line}: {why}" for line, _column, why in sorted(places)]

    def _faults(self) -> Iterator[tuple[str, ast.expr]]:
        for node in ast.walk(self.tree):
            for where, text in texts_in(node):
                for bare in self.bare(text):
                    yield f"bare text in {where}: {ast.unparse(bare)[:60]}", bare
            if isinstance(node, ast.Call) and name_of(node.func) in GETTEXT:
                for message in messages_of(node):
                    if not is_literal(message):
                        yield f"gettext needs a plain string: {ast.unparse(message)[:60]}", message

    def bare(self, node: ast.AST, depth: int = 0) -> Iterator[ast.expr]:
        """The strings with letters of which `node` is made; what a call of gettext gives is none."""
        match node:
            case ast.Constant(value=str(text)) if any(map(str.isalpha, text)) and text != BRAND:
                yield node
            case ast.Call(func=ast.Attribute(value=value, attr="format" | "join")):
                yield from self.bare(value, depth)
            case ast.Name(id=name) if name in self.named and depth < 2:
                yield from self.bare(self.named[name], depth + 1)
            case _:
                for part in parts(node):
                    yield from self.bare(part, depth)


def parts(node: ast.AST) -> list[ast.expr]:
    """The expressions of which the value of `node` is made."""
    values = [getattr(node, name) for name in PARTS.get(type(node), [])]
    return [part for value in values for part in (value if isinstance(value, list) else [value])]


def texts_in(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The expressions directly in `node` that people see, each with the name of its place."""
    match node:
        case ast.Call():
            yield from texts_of_call(node)
        case ast.ClassDef():
            yield from texts_of_class(node)
        case ast.Assign(targets=[ast.Attribute(attr=name)], value=value) if name in ATTRIBUTES | {"label"}:
            yield name, value
        case ast.Tuple(elts=[kind, value]) if name_of(kind) in REFUSALS:
            yield name_of(kind), value


def texts_of_call(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    name = name_of(call.func)
    owner = name_of(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    options = OPTIONS | OPTIONS_OF.get(name, set()) | ({"errors"} if name in REFUSALS or name == "Problem" else set())
    for keyword in call.keywords:
        if keyword.arg in options or (keyword.arg == "message" and name.endswith("Validator")):
            yield f"{name}({keyword.arg}=…)", keyword.value
    position = POSITIONS.get(name)
    if name.endswith("Validator") or (owner == "messages" and name in MESSAGES) or (owner in REFUSALS and name == "of"):
        position = 1
    if position is not None and len(call.args) > position:
        yield name, call.args[position]


def texts_of_class(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    bases = [name_of(base) for base in node.bases]
    are_choices = any(base.endswith("Choices") for base in bases)
    is_filter = any(base.endswith("Filter") for base in bases)
    for statement in node.body:
        for name, value in assigned(statement):
            if name in ATTRIBUTES or (is_filter and name == "title"):
                yield f"{node.name}.{name}", value
            elif are_choices and name.isupper():
                yield f"the label of {node.name}.{name}", value.elts[-1] if isinstance(value, ast.Tuple) else value


def assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Names and values of an assignment, also of `a, b = 1, 2` and of `a = b = 1`."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    yield from zip(map(name_of, target.elts), value.elts, strict=True)
                else:
                    yield name_of(target), value


def messages_of(call: ast.Call) -> list[ast.expr]:
    """The messages of a gettext call, without its context and its number."""
    name = name_of(call.func)
    first = 1 if "pgettext" in name else 0
    return call.args[first : first + (2 if name.startswith("n") else 1)]


def is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_text_is_translated() -> None:
    faults_of = {str(path.relative_to(BASE_DIR)): Guard(path.read_text()).faults() for path in files()}
    assert {path: faults for path, faults in faults_of.items() if faults} == {}
    assert len(faults_of) > 400


@pytest.mark.parametrize(
    "source",
    [
        "CharField(verbose_name='Name')",
        "CharField('', help_text='Help.')",
        "IntegerField(label='Label')",
        "CharField(error_messages={'required': 'Enter it.'})",
        "class Meta:\n    verbose_name = verbose_name_plural = 'working hours'",
        "class Inline:\n    verbose_name, verbose_name_plural = _('shift'), 'shifts'",
        "@admin.display(description='Type')\ndef kind(): ...",
        "@action(description='Confirm')\ndef confirm(): ...",
        "kind.short_description = 'Type'",
        "class Kind(models.TextChoices):\n    SICK = 'sick', 'Sick'",
        "class Kind(models.TextChoices):\n    SICK = 'sick'",
        "class Level(IntegerChoices):\n    LOW = 1, 'Low'",
        "class RatingFilter(DropdownFilter):\n    title, parameter_name = 'rating', 'rating'",
        "class Page(ModelAdmin):\n    search_help_text = 'Name'",
        "raise ValidationError('No.')",
        "raise ValidationError({'rating': 'No.'})",
        "raise serializers.ValidationError({name: ['No.'] for name in missing})",
        "messages.success(request, 'Done.')",
        "messages.error(request, f'{job} failed.')",
        "self.message_user(request, 'Done.')",
        "form.add_error('end', 'Too early.')",
        "raise SlotUnavailable('Taken.')",
        "raise JobLocked(detail, errors={'start': ['Taken.']})",
        "raise InvalidInput.of('end', 'Too long.')",
        "raise TryAgain(f'HTTP {status}.', wait)",
        "raise Unreadable('Too long.')",
        "Reason(Rule.ABSENT, f'{name} is absent.')",
        "Problem(code='x', detail='No.')",
        "ERRORS = {'one_live': (JobNotOpen, 'The job is taken.')}",
        "RegexValidator(r'^a', 'Begins with a.')",
        "RecordAction(label=_('Confirm'), question='Confirm {0}?')",
        "REASON = 'No.'\nraise Busy(REASON)",
        "raise Busy('No.' if late else '')",
        "raise Busy('No, {}.'.format(name))",
        "raise Busy('No: ' + name)",
        "raise Busy(gettext('No.') + ' Sorry.')",
        "gettext(f'{name} is absent.')",
        "_('{} is absent.'.format(name))",
        "gettext(message)",
        "ngettext('{} day', f'{days} days', days)",
        "pgettext('verb', message)",
    ],
)
def test_bare_texts_are_found(source: str) -> None:
    assert Guard(source).faults()


@pytest.mark.parametrize(
    "source",
    [
        "CharField(_('name'), help_text=_('Help.'), max_length=3)",
        "class Kind(models.TextChoices):\n    SICK = 'sick', _('Sick')",
        "class Config(AppConfig):\n    name = 'jobs'",
        "raise ValidationError(gettext('{} failed.').format(name), code='invalid')",
        "raise ValidationError({'rating': gettext('No.')})",
        "raise ValidationError(str(refusal), code='invalid')",
        "raise JobLocked(message, errors={'start': [message]}, extra={'from': 'open'})",
        "raise InvalidInput.of('end', gettext('Too long.'))",
        "logger.error('task_failed', path=path)",
        "raise ValueError('a bug')",
        "messages.success(request, ngettext('{} row', '{} rows', rows).format(rows))",
        "MESSAGE = _('No.')\nraise Busy(MESSAGE)",
        "pgettext('verb', 'Book')",
        "Reason(Rule.ABSENT, ', '.join(names))",
        "Counter(label='-')",
        "class Config(AppConfig):\n    verbose_name = 'SmartScheduler'",
    ],
)
def test_other_strings_are_left_alone(source: str) -> None:
    assert Guard(source).faults() == []
