"""Customers from files: several phones, addresses, found again by number or by what is certainly theirs."""

import pytest

from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.visibility import redact_record
from smartscheduler.imports.export_rows import HEADINGS, customer_cells
from smartscheduler.imports.export_views import EXPORTERS
from tests.factories import UserFactory, at
from tests.imports.test_imports import checked, counts, errors, imported

pytestmark = pytest.mark.django_db
HEAD = "external_id,source,name,company,phones,email,language,accepts_texts,notes,address,city,state,zip_code"
GRACE = (
    "K-1,jobber,Grace Hill,Hill & Sons,(512) 555-0143 mobile; 512-555-0199 x12 (office); after six,"
    "grace@example.com,Spanish,,Has a dog,100 Congress Avenue,Austin,TX,78701"
)


@pytest.fixture
def actor() -> User:
    return UserFactory()


def test_a_customer_with_phones_address_and_notes(actor: User) -> None:
    run = imported(f"{HEAD}\n{GRACE}\n", actor, "customers")
    assert counts(run) == (1, 0, 0, 0), errors(run)
    grace = Customer.objects.get()
    assert [(phone.number, phone.extension, phone.kind) for phone in grace.phones.all()] == [
        ("+15125550143", "", "mobile"),
        ("+15125550199", "12", "work"),
    ]
    assert (grace.language, grace.accepts_texts, grace.accepts_emails) == ("es", False, True)
    assert grace.notes == "Has a dog\nPhone: after six"
    assert "“after six” is not a phone number" in run.rows.get().remarks
    address = grace.addresses.get()
    assert (address.address, address.time_zone) == ("100 Congress Avenue", "America/Chicago")
    assert counts(imported(f"{HEAD}\n{GRACE}\n", actor, "customers")) == (0, 0, 1, 0)


def test_rows_of_one_number_add_their_addresses(actor: User) -> None:
    other = GRACE.replace("100 Congress Avenue", "200 Congress Avenue")
    text = f"{HEAD}\n{GRACE}\n{other}\n"
    assert counts(imported(text, actor, "customers")) == (1, 1, 0, 0)
    assert Customer.objects.get().addresses.count() == 2
    assert counts(imported(text, actor, "customers")) == (0, 0, 2, 0)


def test_each_row_about_a_customer_adds_its_phone_and_address(actor: User) -> None:
    rows = "\n".join(f"K1,Grace Hill,(512) 555-010{n},{n} Congress Avenue,Austin,TX,78701" for n in (1, 2, 3))
    run = imported(f"external_id,name,phones,address,city,state,zip_code\n{rows}\n", actor, "customers")
    assert counts(run) == (1, 2, 0, 0), errors(run)
    grace = Customer.objects.get()
    assert [phone.number[-4:] for phone in grace.phones.all()] == ["0101", "0102", "0103"]
    assert [address.address[0] for address in grace.addresses.all()] == ["1", "2", "3"]


def test_jobs_of_new_customers_have_their_phones_after_a_customer_without(actor: User) -> None:
    head = "type,desired_date,duration,address,city,state,zip_code,customer_name,customer_phone"
    site = f"tile,{at(9, days=3).date()},2:00,100 Congress Avenue,Austin,TX,78701"
    text = f"{head}\n{site},Noname Phone,\n{site},Grace Hill,(512) 555-0142\n"
    assert counts(run := imported(text, actor, "jobs")) == (2, 0, 0, 0), errors(run)
    numbers = Job.objects.values_list("customer_name", "customer_phone")
    assert dict(numbers) == {"Noname Phone": "", "Grace Hill": "(512) 555-0142"}


@pytest.mark.parametrize(
    "row",
    [
        ",,grace HILL,,+1 512 555 0143,,,yes,,,,,",
        ",,Grace Hill,,,GRACE@example.com,,yes,,,,,",
        ",,Grace Hill,,,,,yes,,100 Congress Avenue,Austin,TX,78701",
    ],
)
def test_without_a_number_a_customer_is_found_if_it_is_certain(row: str, actor: User) -> None:
    imported(f"{HEAD}\n{GRACE}\n", actor, "customers")
    run = imported(f"{HEAD}\n{row}\n", actor, "customers")
    assert counts(run) == (0, 1, 0, 0), errors(run)
    assert Customer.objects.get().accepts_texts


def test_the_same_phone_under_another_name_is_a_remark(actor: User) -> None:
    imported(f"{HEAD}\n{GRACE}\n", actor, "customers")
    run = imported(f"{HEAD}\n,,Henry Hill,,512 555 0143,,,,,,,,\n", actor, "customers")
    assert counts(run) == (1, 0, 0, 0)
    assert "Likely a duplicate of Grace Hill" in run.rows.get().remarks


def test_an_incomplete_address_loses_no_row(actor: User) -> None:
    run = imported(f"{HEAD}\n,,Ann,,,,,,,Somewhere,Austin,,\n", actor, "customers")
    assert counts(run) == (1, 0, 0, 0)
    assert Customer.objects.get().notes == "Address: Somewhere, Austin"
    assert "was added to the notes" in run.rows.get().remarks


def test_what_cannot_be_read_becomes_a_note(actor: User) -> None:
    text = f"{HEAD}\n,,Ann,,ask Jo,no address,Klingon,maybe,Gate 5,1 Elm St,Austin,Atlantis,00000\n,,,,,,,,,,,,\n"
    run = imported(text, actor, "customers")
    assert counts(run) == (1, 0, 0, 0), errors(run)
    ann = Customer.objects.get()
    assert (ann.email, ann.language, ann.accepts_texts, ann.addresses.count()) == ("", "en", False, 0)
    assert sorted(ann.notes.splitlines()) == [
        "Accepts texts: maybe",
        "Address: 1 Elm St, Austin, Atlantis, 00000",
        "Email: no address",
        "Gate 5",
        "Language: Klingon",
        "Phone: ask Jo",
    ]
    assert "email “no address” was added to the notes instead:" in run.rows.get().remarks
    assert counts(imported(text, actor, "customers"))[0] == 1  # without a number, nothing says that it is the same Ann


@pytest.mark.parametrize(
    ("cell", "accepts"),
    [
        *(
            (cell, False)
            for cell in ("unsubscribed", "opted out", "Opt-out", "never", "off", "No thanks", "N", "FALSE")
        ),
        *((cell, False) for cell in ("no - asked us to stop", "No.", "Do not email", "Don’t")),
        *((cell, True) for cell in ("yes", "Subscribed", "opted in", "TRUE", "")),
    ],
)
def test_a_consent_as_people_write_it(cell: str, accepts: bool, actor: User) -> None:
    run = imported(f"name,phones,accepts_emails\nAnn,512 555 0143,{cell}\n", actor, "customers")
    ann = Customer.objects.get()
    assert (ann.accepts_emails, ann.notes, run.rows.get().remarks) == (accepts, "", "")


def test_an_unreadable_consent_is_a_no_of_a_new_customer_and_changes_no_known_one(actor: User) -> None:
    text = "external_id,name,accepts_emails\nK-1,Ann,{}\n"
    run = imported(text.format("ask first"), actor, "customers")
    assert (Customer.objects.get().accepts_emails, Customer.objects.get().notes) == (False, "Accepts emails: ask first")
    assert "accepts_emails “ask first” was read as no and added to the notes." in run.rows.get().remarks
    imported(text.format("yes"), actor, "customers")
    run = imported(text.format("perhaps"), actor, "customers")
    assert Customer.objects.get().accepts_emails
    assert "“perhaps” was added to the notes, and the value of the record stays." in run.rows.get().remarks


@pytest.mark.parametrize("length", [3_990, 4_000, 4_100])
def test_notes_that_become_too_long_are_cut_with_one_remark(length: int, actor: User) -> None:
    run = imported(f"name,phones,email,notes\nAnn,ask Jo first,no address,{'x' * length}\n", actor, "customers")
    assert counts(run) == (1, 0, 0, 0), errors(run)
    assert Customer.objects.get().notes == ("x" * length + "\nEmail: no")[:4_000]
    assert run.rows.get().remarks.count("The notes were cut after 4,000 characters.") == 1


def test_the_eleventh_phone_number_becomes_a_note(actor: User) -> None:
    numbers = "; ".join(f"512 555 01{number}" for number in range(10, 21))
    text = f"external_id,name,phones\nK-1,Ann,{numbers}\n"
    run = imported(text, actor, "customers")
    assert counts(run) == (1, 0, 0, 0), errors(run)
    ann = Customer.objects.get()
    assert (ann.phones.count(), ann.notes) == (10, "Further phones: (512) 555-0120 other")
    assert "A customer has up to 10 phone numbers." in run.rows.get().remarks
    assert counts(imported(text, actor, "customers")) == (0, 0, 1, 0)


def test_a_note_of_an_unreadable_cell_is_added_to_the_present_notes_once(actor: User) -> None:
    imported(f"{HEAD}\n{GRACE}\n", actor, "customers")
    Customer.objects.update(notes="Gate 5")
    row = GRACE.split(",")
    row[4], row[8] = "(512) 555-0143; ask for Jo", ""
    text = f"{HEAD}\n{','.join(row)}\n"
    assert counts(imported(text, actor, "customers")) == (0, 1, 0, 0)
    assert Customer.objects.get().notes == "Gate 5\nPhone: ask for Jo"
    assert counts(imported(text, actor, "customers")) == (0, 0, 1, 0)


def test_an_export_imported_again_changes_nothing_and_hides_what_a_manager_must_not_see(actor: User) -> None:
    imported(f"{HEAD}\n{GRACE}\n", actor, "customers")
    prepare, _cells = EXPORTERS["customers"]
    cells = [customer_cells(customer) for customer in prepare(Customer.objects.all())]
    lines = [",".join(f'"{cell}"' for cell in row) for row in cells]
    run = imported("\n".join([",".join(HEADINGS["customers"]), *lines]), actor, "customers")
    assert counts(run) == (0, 0, 1, 0), (errors(run), run.rows.get().remarks)
    (customer,) = prepare(Customer.objects.all())
    redacted = redact_record(customer, UserFactory(role=Role.MANAGER))
    assert isinstance(redacted, Customer)
    hidden = " ".join(customer_cells(redacted))
    for text in ("Grace", "555", "Congress", "example.com", "30.2"):
        assert text not in hidden


@pytest.mark.parametrize("email", ["grace@example.com", "GRACE@EXAMPLE.COM"])
def test_a_stored_address_is_found_in_any_case(email: str, actor: User) -> None:
    head, row = "name,email,notes", "Grace Hill,{},Gate 5"
    imported(f"{head}\n{row.format('Grace@Example.com')}\n", actor, "customers")
    run = imported(f"{head}\n{row.format(email)}\n", actor, "customers")
    assert Customer.objects.count() == 1, run.rows.get().remarks


def test_text_is_folded_and_invisible_characters_of_notes_are_removed(actor: User) -> None:
    text = '"name","phones","notes"\n"Grace\n\tHill","512 555 0143","Gate\u200b 5\tor 6\nRing"\n'
    run = imported(text, actor, "customers")
    grace = Customer.objects.get()
    assert (grace.name, grace.notes) == ("Grace Hill", "Gate 5 or 6\nRing")
    assert "Invisible characters of the notes became spaces." in run.rows.get().remarks
    refused = checked('"name","phones"\n"\u200b\u200b","512 555 0199"\n', actor, "customers")
    assert sorted(errors(refused)[2]) == ["name"]


@pytest.mark.parametrize(("column", "at"), [("name", 2), ("company", 3)])
def test_a_text_with_too_many_marks_is_refused_alone_and_at_its_column(column: str, at: int, actor: User) -> None:
    cells = ["", "", "Ada Moore", "", "512 555 0188", "", "", "", "", "", "", "", ""]
    cells[2], cells[at] = "", "e" + "\u0301" * 130
    run = imported(f"{HEAD}\n{GRACE}\n{','.join(cells)}\n", actor, "customers")
    assert counts(run) == (1, 0, 0, 1)
    assert list(errors(run)[3]) == [column]
    assert "combining marks" in errors(run)[3][column][0]


def test_a_street_with_too_many_marks_is_no_key(actor: User) -> None:
    street = "1 e" + "\u0301" * 130
    run = imported(f"{HEAD}\n,,Ada Moore,,,,,,,{street},Austin,TX,78701\n{GRACE}\n", actor, "customers")
    assert Customer.objects.filter(external_id="K-1").exists(), errors(run)
    assert "could not be processed" not in str(errors(run))
