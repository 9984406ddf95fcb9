"""Marks of the fields in the OpenAPI document that some roles do not see."""

from typing import Any

from smartscheduler.accounts.visibility import (
    FIELD_RULES,
    FieldRule,
    blur_coordinate,
    hide,
    without_places,
    without_reasons,
    without_travel,
)

# The schemas of each model with fields that some roles may not see.
LIMITED_COMPONENTS = {
    "contractors.contractor": (
        *("Contractor", "ContractorDetail", "NewContractor"),
        *("ContractorLocation", "RankedContractor"),
    ),
    "contractors.absence": ("Absence",),
    "customers.customer": ("Customer", "NewCustomer", "CustomerDuplicate"),
    "customers.customerphone": ("CustomerPhone",),
    "customers.customeraddress": ("CustomerAddress",),
    "jobs.job": ("Job", "JobLocation"),
    "assignments.assignment": ("Assignment",),
    "planning.plan": ("Plan", "PlanDetail"),
    "planning.planitem": ("PlanItem",),
    "planning.planmiss": ("PlanMiss",),
}
HIDDEN_NOTE = "Null for roles that may not see it."
BLURRED_NOTE = "Rounded to two decimals for roles that may not see the exact value."
REASONLESS_NOTE = "The reasons why contractors are left out are null for roles that may not see them."
TRAVELLESS_NOTE = "Roles that may not see exact places do not get miles, scores, worth and bound."
PLACELESS_NOTE = "For roles that may not see exact places, everything except the rating part and the weights is null."


def describe_visibility(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: mark fields that are null or rounded for some roles, and describe it."""
    components = result.get("components", {}).get("schemas", {})
    for label, names in LIMITED_COMPONENTS.items():
        for name in names:
            for field, rule in FIELD_RULES[label].items():
                if field_schema := components.get(name, {}).get("properties", {}).get(field):
                    _describe_rule(field_schema, rule)
    return result


def _describe_rule(field: dict[str, Any], rule: FieldRule) -> None:
    # A field of any JSON has no type, and can be null anyway.
    if rule.shown is hide and "type" in field:
        kinds = field["type"]
        field["type"] = list(dict.fromkeys([*([kinds] if isinstance(kinds, str) else kinds), "null"]))
    notes: dict[Any, str] = {
        hide: HIDDEN_NOTE,
        blur_coordinate: BLURRED_NOTE,
        without_places: PLACELESS_NOTE,
        without_reasons: REASONLESS_NOTE,
        without_travel: TRAVELLESS_NOTE,
    }
    note = notes.get(rule.shown, "")
    if description := " ".join(filter(None, [field.get("description", ""), note])):
        field["description"] = description
