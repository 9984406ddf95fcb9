"""Presets: files in the layouts of other products are matched, put together to standard rows, and imported.

`exports/` has a file for each, with the column names of that product and data of our own.
"""

from pathlib import Path
from typing import Any

import pytest

from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.imports.assembly import standard_rows, with_defaults
from smartscheduler.imports.columns import COLUMNS, RESULTS
from smartscheduler.imports.file_reader import Row, Table, read_table
from smartscheduler.imports.importers import IMPORTERS
from smartscheduler.imports.mapping import Mapping, match
from smartscheduler.imports.presets import PRESETS, Preset, preset_label, preset_of, presets_of, source_of
from smartscheduler.imports.row_importer import Done, work_on
from smartscheduler.imports.services import begin, match_columns
from smartscheduler.imports.targets import targets_of
from tests.factories import ContractorFactory, UserFactory
from tests.imports.test_imports import counts, errors, finished
from tests.imports.test_mapping import table

CASES = [(preset, kind) for preset in PRESETS for kind in preset.kinds]
of_each_file = pytest.mark.parametrize(
    ("preset", "kind"), CASES, ids=[f"{preset.code}-{kind}" for preset, kind in CASES]
)


def file_of(code: str) -> Table:
    return read_table(f"{code}.csv", content_of(code))


def content_of(code: str) -> bytes:
    return (Path(__file__).parent / "exports" / f"{code}.csv").read_bytes()


def rows_of(code: str, kind: str) -> list[Row]:
    uploaded = file_of(code)
    return [filled(row) for row in standard_rows(kind, uploaded, match(kind, uploaded).targets, {})]


def filled(row: Row) -> Row:
    return {name: cell for name, cell in row.items() if cell}


def work_on_rows(code: str, kind: str, **defaults: str) -> list[Done]:
    """Import the rows of a file one after the other, as the worker does."""
    importer, options = IMPORTERS[kind], {"source": source_of(code), "defaults": defaults, "twins": True}
    rows = [importer.prepared(with_defaults(row, options), options) for row in rows_of(code, kind)]
    context, results, actor = importer.context(rows, options, None), list[Done](), UserFactory()
    for row in rows:
        present = importer.present(row, context.records)
        results.append(work_on(importer, row, present=present, geocoded=None, actor=actor, context=context))
    return results


def outcomes(results: list[Done]) -> list[Any]:
    return [result.errors or result.outcome for result in results]


@of_each_file
def test_a_file_of_another_product_is_recognized(preset: Preset, kind: str) -> None:
    mapping = match(kind, file_of(preset.code))
    assert (mapping.preset, mapping.matched_by, mapping.confident) == (preset.code, preset.code, True)


@of_each_file
def test_other_fields_in_the_file_need_a_look(preset: Preset, kind: str) -> None:
    uploaded = file_of(preset.code)
    mapping = match(kind, table([*uploaded.titles, "Skylights", "ZIP of the moon"]))
    assert (mapping.preset, mapping.confident) == (preset.code, False)
    assert mapping.targets == [*match(kind, uploaded).targets, None, None]


@of_each_file
def test_a_result_file_is_recognized_too(preset: Preset, kind: str) -> None:
    uploaded, key = file_of(preset.code), COLUMNS[kind].key
    targets = match(kind, uploaded).targets
    added = [] if key in targets else [key]
    mapping = match(kind, table([*added, *uploaded.titles, *RESULTS]))
    assert (mapping.preset, mapping.confident) == (preset.code, True)
    assert mapping.targets == [*added, *targets, None, None, None]


def test_many_addresses_of_a_customer_are_known() -> None:
    parts = ("Street Line 1", "Street Line 2", "City", "State", "Postal Code", "Billing?", "Notes")
    titles = [
        "Display Name",
        "Mobile Number",
        *(f"Address_{number} {part}" for number in range(1, 62) for part in parts),
    ]
    mapping = match("customers", table(titles))
    assert (mapping.preset, mapping.confident) == ("housecall_pro_customers", True)
    assert len(list(filter(None, mapping.targets))) == 8


@of_each_file
def test_the_targets_of_a_preset_exist(preset: Preset, kind: str) -> None:
    [of_kind] = [other for other in presets_of(kind) if other.code == preset.code]
    assert {target for target in of_kind.targets.values() if target} <= set(targets_of(kind).names)
    assert all(sign <= of_kind.targets.keys() for sign in of_kind.normal_signs)
    assert str(preset_label(preset.code))
    assert IMPORTERS[kind].prepared({}, {"source": source_of(preset.code)})["source"] == preset.source


@pytest.mark.parametrize("kind", ["contractors", "customers", "jobs"])
@pytest.mark.parametrize(
    "names",
    [
        {"name", "company", "email", "phone", "street", "city", "state", "zip"},
        {"first_name", "last_name", "email", "notes"},
        {"job_number", "customer", "city", "status", "scheduled_date"},
        set[str](),
    ],
)
def test_an_office_spreadsheet_has_no_preset(kind: str, names: set[str]) -> None:
    assert preset_of(kind, names) is None


def test_an_unknown_preset() -> None:
    assert (preset_label("paper"), source_of("paper")) == ("", "")
    assert Mapping([], "jobber_jobs").matched_by == "jobber_jobs"


SITE = {"address": "100 Congress Avenue", "city": "Austin", "state": "TX", "zip_code": "78701"}
OAK = {"address": "700 Lavaca Street", "city": "Austin", "state": "TX", "zip_code": "78701"}


def test_clients_of_jobber() -> None:
    grace = {"name": "Grace Hill", "email": "grace@example.com", "external_id": "51200017", "accepts_emails": "false"}
    assert rows_of("jobber_clients", "customers") == [
        {
            **grace,
            **SITE,
            "address": "100 Congress Avenue, Apt 4",
            "state": "Texas",
            "phones": "5125550143; (512) 555-0144 mobile",
            "notes": "Tags: VIP\nEmail: hill@example.com",
        },
        {
            **grace,
            "phones": "5125550143",
            "notes": "Service Property Name: Lake house\nEmail: hill@example.com",
            "address": "12 Lakeshore Drive",
            "city": "Austin",
            "state": "Texas",
            "zip_code": "78746",
        },
        {
            **OAK,
            "state": "Texas",
            "company": "Oak & Sons",
            "external_id": "51200018",
            "accepts_emails": "true",
            "phones": "512-555-0150 work; 512-555-0151 work",
        },
    ]


def test_jobs_of_jobber() -> None:
    assert rows_of("jobber_jobs", "jobs") == [
        {
            **SITE,
            "state": "Texas",
            "external_id": "2041",
            "customer_name": "Grace Hill",
            "customer_phone": "5125550143",
            "desired_date": "2030-03-05",
            "special_requirements": "Kitchen backsplash\nLine items: Tile (40)",
        },
        {
            **OAK,
            "state": "Texas",
            "external_id": "1987",
            "customer_name": "Oak & Sons",
            "customer_phone": "512-555-0150",
            "desired_date": "2026-02-03",
            "contractor": "Ada Moore, Ben Hill",
            "status": "completed",
            "special_requirements": "Lobby floor",
        },
    ]


def test_customers_of_housecall_pro() -> None:
    assert rows_of("housecall_pro_customers", "customers") == [
        {
            **SITE,
            "address": "100 Congress Avenue, Apt 4",
            "name": "Grace Hill",
            "email": "grace@example.com",
            "external_id": "cus_5f0d51ab8c1e",
            "accepts_emails": "true",
            "phones": "(512) 555-0143 mobile; (512) 555-0145 home",
            "notes": "Two dogs\nAdditional Emails: hill@example.com\nAddress_1 Notes: Gate 1144",
        },
        {
            **OAK,
            "company": "Oak & Sons",
            "external_id": "cus_91c2e07d44ab",
            "accepts_emails": "false",
            "phones": "512-555-0150 work",
        },
    ]


def test_jobs_of_servicetitan() -> None:
    assert rows_of("servicetitan_jobs", "jobs") == [
        {
            **SITE,
            "external_id": "300451",
            "type": "Tile",
            "status": "Scheduled",
            "priority": "High",
            "special_requirements": "Bathroom floor, two rooms\nLocation Name: Hill home",
            "desired_date": "3/5/2030 9:00 AM",
            "contractor": "Ada Moore",
            "customer_external_id": "88017",
            "customer_name": "Grace Hill",
            "customer_phone": "(512) 555-0143",
        },
        {
            **OAK,
            "external_id": "300452",
            "type": "Carpet",
            "status": "Canceled",
            "priority": "Low",
            "special_requirements": "Stairs",
            "desired_date": "2/3/2026 1:30 PM",
            "customer_external_id": "88018",
            "customer_name": "Oak & Sons",
            "customer_phone": "512-555-0150",
        },
    ]


def test_customers_of_quickbooks() -> None:
    assert rows_of("quickbooks_customers", "customers") == [
        {**SITE, "name": "Grace Hill", "email": "grace@example.com", "phones": "(512) 555-0143"},
        {**OAK, "company": "Oak & Sons", "phones": "512-555-0150"},
        {"name": "Front Desk", "phones": "512-555-0160"},
    ]


def test_vendors_of_quickbooks() -> None:
    assert rows_of("quickbooks_vendors", "contractors") == [
        {
            "name": "Ada Tiles",
            "email": "ada@example.com",
            "phone_number": "(512) 555-0170",
            "address": "600 Congress Avenue",
            "city": "Austin",
            "state": "TX",
            "zip_code": "78701",
        },
        {"name": "Paper & Ink", "phone_number": "512-555-0180"},
    ]


def test_google_contacts() -> None:
    phones = "+1 512-555-0143; +1 512-555-0144; (512) 555-0145"
    place = SITE | {"address": "100 Congress Avenue, Apt 4"}
    grace = {**place, "name": "Grace M Hill", "email": "grace@example.com"}
    assert rows_of("google_contacts", "customers") == [
        {**grace, "phones": phones, "notes": "Two dogs"},
        {**OAK, "company": "Oak & Sons", "phones": "512-555-0150"},
    ]
    assert rows_of("google_contacts", "contractors") == [
        {**grace, "phone_number": phones},
        {**OAK, "name": "Oak & Sons", "phone_number": "512-555-0150"},
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "expected", "addresses"),
    [
        ("jobber_clients", ["created", "updated", "created"], 3),
        ("housecall_pro_customers", ["created", "created"], 2),
        ("quickbooks_customers", ["created"] * 3, 2),
        ("google_contacts", ["created", "created"], 2),
    ],
)
def test_customers_of_each_product_are_imported(code: str, expected: list[str], addresses: int) -> None:
    assert outcomes(work_on_rows(code, "customers")) == expected
    grace = Customer.objects.get(name__startswith="Grace")
    assert grace.email == "grace@example.com"
    assert sum(customer.addresses.count() for customer in Customer.objects.all()) == addresses
    assert (grace.external_id and grace.source) in {"", source_of(code)}
    assert set(outcomes(work_on_rows(code, "customers"))) <= {"unchanged", "updated"}
    assert Customer.objects.count() == expected.count("created")


@pytest.mark.django_db
def test_jobs_of_each_product_are_imported() -> None:
    ContractorFactory(name="Ada Moore", type="multi")
    assert outcomes(work_on_rows("servicetitan_jobs", "jobs", duration="2:00")) == ["created", "created"]
    assert outcomes(work_on_rows("jobber_jobs", "jobs", type="flooring", duration="2:00")) == ["created", "created"]
    states = {(job.source, job.external_id): str(job.status) for job in Job.objects.all()}
    assert states == {
        ("servicetitan", "300451"): "assigned",
        ("servicetitan", "300452"): "cancelled",
        ("jobber", "2041"): "open",
        ("jobber", "1987"): "completed",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "name"), [("quickbooks_vendors", "Ada Tiles"), ("google_contacts", "Grace M Hill")])
def test_contractors_are_imported(code: str, name: str) -> None:
    created, refused = work_on_rows(code, "contractors", type="tile")
    assert created.outcome == "created", created.errors
    assert refused.errors.keys() >= {"email"}
    assert Contractor.objects.get().name == name


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("jobber_clients", (2, 1, 0, 0)),
        ("housecall_pro_customers", (2, 0, 0, 0)),
        ("quickbooks_customers", (3, 0, 0, 0)),
        ("google_contacts", (2, 0, 0, 0)),
    ],
)
def test_files_of_customers_go_straight_to_the_check(code: str, expected: tuple[int, ...]) -> None:
    run = begin(kind="customers", name=f"{code}.csv", content=content_of(code), actor=UserFactory())
    assert (run.state, run.matched_by, run.options["source"]) == ("checking", code, source_of(code))
    run = finished(run)
    assert counts(run) == expected, errors(run)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "kind", "defaults", "expected"),
    [
        ("jobber_jobs", "jobs", {"type": "flooring", "duration": "2:00"}, (2, 0, 0, 0)),
        ("servicetitan_jobs", "jobs", {"duration": "2:00"}, (2, 0, 0, 0)),
        ("quickbooks_vendors", "contractors", {"type": "tile"}, (1, 0, 0, 1)),
    ],
)
def test_other_files_are_checked_with_a_value_for_all_rows(
    code: str, kind: str, defaults: dict[str, str], expected: tuple[int, ...]
) -> None:
    ContractorFactory(name="Ada Moore", type="multi")
    actor = UserFactory()
    run = begin(kind=kind, name=f"{code}.csv", content=content_of(code), actor=actor)
    assert (run.state, run.matched_by, run.options["source"]) == ("matching", code, source_of(code))
    options = {"defaults": defaults}
    run = match_columns(run_id=run.pk, targets=run.mapping, seen=run.match_version, actor=actor, options=options)
    run = finished(run)
    assert counts(run) == expected, errors(run)
