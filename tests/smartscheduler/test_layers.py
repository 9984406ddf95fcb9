"""The import contracts in pyproject.toml."""

import re
import tomllib

from smartscheduler import BASE_DIR

CONTRACTS = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_both_contracts_have_the_same_layers() -> None:
    """Only a contract about one container can be exhaustive, so the layers of smartscheduler/ stand in two of them."""
    product, exhaustive = CONTRACTS[0]["layers"], CONTRACTS[1]["layers"]
    inside = [[name for name in layer.split(" | ") if name.startswith("smartscheduler.")] for layer in product]
    assert [" | ".join(names).replace("smartscheduler.", "") for names in inside if names] == exhaustive
    assert CONTRACTS[1]["exhaustive"]


def test_the_rules_for_contributors_name_the_same_layers() -> None:
    modules_of_wiring = {"settings", "celery"}
    rule = (BASE_DIR / "CONTRIBUTING.md").read_text().partition("**Layers.**")[2].partition("\n2. ")[0]
    groups = [set(re.findall(r"`(\w+)`", group)) for group in rule.split("→")]
    layers = [{name.rpartition(".")[2] for name in layer.split(" | ")} for layer in CONTRACTS[0]["layers"]]
    assert groups == [layer for layer in layers if layer != modules_of_wiring]


def test_no_import_is_ignored() -> None:
    assert not [contract["name"] for contract in CONTRACTS if contract.get("ignore_imports")]


def test_tests_stand_where_their_code_stands() -> None:
    """Each package has a folder of tests with its name. Commands are tested with the package that they call."""
    packages = {
        path.parent.name for top in (BASE_DIR, BASE_DIR / "smartscheduler") for path in top.glob("*/__init__.py")
    }
    tested = {path.parent.name for path in (BASE_DIR / "tests").glob("*/__init__.py")}
    assert packages - {"management", "tests"} <= tested
