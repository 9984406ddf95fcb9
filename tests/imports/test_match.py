"""The match of the columns of a file: when a user is asked, what the answer does, and what is refused."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook
from pytest_django import DjangoAssertNumQueries

from contractors.models import Contractor
from smartscheduler import BASE_DIR
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.file_reader import read_table
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.needs import missing
from smartscheduler.imports.result_file import Results, left_out_of
from smartscheduler.imports.runner import work_on_batch
from smartscheduler.imports.services import begin, check_again, import_checked, match_columns, read_again, stop
from smartscheduler.imports.tables import table_of, uploaded_table
from tests.factories import UserFactory
from tests.imports.test_imports import ANN, HEAD, counts, errors, finished
from tests.pages import PageResponse, fields_of, signed_in

pytestmark = pytest.mark.django_db
# As an office keeps them: no heading is ours, and two say nothing to us.
OFFICE_HEAD = "Crew Name,Trade,Cell #,Electronic mail,Street,City,St,Zip,Shirt size,Truck"
OFFICE_ROW = "Ann Tiles,tile,(512) 555-0143,ann@example.com,100 Congress Avenue,Austin,TX,78701,XL,4"
OFFICE = f"{OFFICE_HEAD}\n{OFFICE_ROW}\n"
TARGETS = ["name", "type", "phone_number", "email", "address", "city", "state", "zip_code", "", ""]


@pytest.fixture
def actor() -> User:
    return UserFactory()


def taken_in(text: str, actor: User, kind: str = "contractors") -> ImportRun:
    return begin(kind=kind, name="crew.csv", content=text.encode(), actor=actor)


def matched(run: ImportRun, targets: list[str] | None = None, **more: Any) -> ImportRun:
    assert run.created_by is not None
    return match_columns(
        run_id=run.pk, targets=targets or TARGETS, seen=run.match_version, actor=run.created_by, **more
    )


class TestTheNeeds:
    @pytest.mark.parametrize(
        ("kind", "targets", "lacking", "is_final"),
        [
            ("contractors", ["name", "phone_number"], ["email", "type", "address", "city", "state", "zip_code"], True),
            ("contractors", ["email", "name"], ["type", "phone_number", "address", "city", "state", "zip_code"], False),
            ("contractors", ["external_id", "email", "last_name", "type", "phone_2", "full_address"], [], False),
            ("jobs", ["type", "start", "duration", "full_address"], [], False),
            ("jobs", ["job_number", "priority", "full_address"], ["type", "desired_date", "duration"], False),
            ("jobs", ["customer_name", "full_address", "desired_date"], ["type", "duration"], True),
            ("customers", ["email"], ["name"], True),
            ("customers", ["phone_2"], [], False),
        ],
    )
    def test_by_kind(self, kind: str, targets: list[str], lacking: list[str], is_final: bool) -> None:
        assert missing(kind, targets) == (lacking, is_final)

    def test_a_value_for_all_rows_meets_a_need(self) -> None:
        assert missing("jobs", ["full_address", "desired_date"], ["type", "duration"]) == ([], False)


class TestWhenAUserIsAsked:
    def test_our_own_headings_are_checked_at_once(self, actor: User) -> None:
        run = taken_in(f"{HEAD}\n{ANN}\n", actor)
        assert (run.state, run.mapping) == ("checking", HEAD.split(","))

    def test_other_headings_are_shown_first(self, actor: User) -> None:
        run = taken_in(OFFICE, actor)
        assert (run.state, run.mapping) == ("matching", TARGETS)
        work_on = finished(run)
        assert (work_on.state, work_on.at) == ("matching", 0)

    def test_our_own_headings_that_cannot_find_or_make_a_record_are_shown_first(self, actor: User) -> None:
        assert taken_in("name\nAnn\n", actor).state == "matching"

    def test_the_same_file_again_is_checked_at_once(self, actor: User) -> None:
        finished(matched(taken_in(OFFICE, actor), remember_it=True))
        again = taken_in(OFFICE, UserFactory())
        assert (again.state, again.mapping, again.matched_by) == ("checking", TARGETS, "saved")

    def test_a_match_that_is_not_to_be_remembered_is_asked_for_again(self, actor: User) -> None:
        finished(matched(taken_in(OFFICE, actor)))
        assert taken_in(OFFICE, actor).state == "matching"

    def test_the_result_file_is_checked_at_once(self, actor: User) -> None:
        run = finished(matched(taken_in(OFFICE, actor), remember_it=True))
        results = Results(run)
        lines = [results.headings, *results]
        text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
        again = taken_in(text, actor)
        assert (again.state, again.mapping) == ("checking", [*TARGETS, "", "", ""])

    def test_the_values_for_all_rows_are_remembered_with_it(self, actor: User) -> None:
        without_type, targets = OFFICE.replace("Trade", "Truck size"), [TARGETS[0], "", *TARGETS[2:]]
        run = begin(
            kind="contractors", name="a.csv", content=without_type.encode(), actor=actor, options={"source": "pen"}
        )
        matched(run, targets, remember_it=True, options={"defaults": {"type": "carpet"}})
        again = finished(taken_in(without_type, actor))
        assert again.state == "checked"
        assert (again.options["source"], again.options["defaults"]) == ("pen", {"type": "carpet"})
        assert counts(again) == (1, 0, 0, 0), errors(again)

    def test_an_export_that_lacks_what_new_records_need_is_shown_first(self, actor: User) -> None:
        content = (BASE_DIR / "tests/imports/exports/quickbooks_vendors.csv").read_bytes()
        run = begin(kind="contractors", name="vendors.csv", content=content, actor=actor)
        assert (run.state, run.options["source"]) == ("matching", "quickbooks")


class TestTheAnswer:
    def test_the_rows_are_those_of_the_match(self, actor: User) -> None:
        run = finished(matched(taken_in(OFFICE, actor)))
        assert (run.state, counts(run)) == ("checked", (1, 0, 0, 0)), errors(run)
        finished(import_checked(run_id=run.pk))
        assert Contractor.objects.values_list("name", "email", "zip_code").get() == (
            "Ann Tiles",
            "ann@example.com",
            "78701",
        )

    def test_another_match_after_the_check_is_checked_again(self, actor: User) -> None:
        wrong = ["city", *TARGETS[1:5], "name", *TARGETS[6:]]
        run = finished(matched(taken_in(OFFICE, actor), wrong))
        assert table_of(run).rows[0]["name"] == "Austin"
        run = finished(matched(run))
        assert (run.state, counts(run), table_of(run).rows[0]["name"]) == ("checked", (1, 0, 0, 0), "Ann Tiles")

    def test_rows_that_a_worker_has_read_before_the_match_was_changed_are_not_kept(self, actor: User) -> None:
        run = matched(taken_in(OFFICE, actor), ["city", *TARGETS[1:5], "name", *TARGETS[6:]])
        stale = ImportRun.objects.get(pk=run.pk)
        stop(run_id=run.pk)
        run.refresh_from_db()
        matched(run)
        work_on_batch(stale)
        run.refresh_from_db()
        assert (run.state, run.at, run.rows.count()) == ("checking", 0, 0)

    def test_a_value_for_all_rows_is_used_for_new_records_only(self, actor: User) -> None:
        targets, options = ["name", "", *TARGETS[2:]], {"defaults": {"type": "carpet"}}
        run = finished(matched(taken_in(OFFICE, actor), targets, options=options))
        finished(import_checked(run_id=run.pk))
        assert Contractor.objects.get().type == "carpet"
        Contractor.objects.update(type="tile")
        other = OFFICE.replace("Ann Tiles", "Ann Carpets")
        run = finished(matched(taken_in(other, actor), targets, options=options))
        finished(import_checked(run_id=run.pk))
        assert Contractor.objects.values_list("name", "type").get() == ("Ann Carpets", "tile")

    def test_the_result_has_the_columns_of_the_user_and_names_those_left_out(self, actor: User) -> None:
        run = finished(matched(taken_in(f"{OFFICE_HEAD}\n{OFFICE_ROW}\n{OFFICE_ROW.replace(',XL,4', ',,')}x\n", actor)))
        results = Results(run)
        assert results.headings == [*OFFICE_HEAD.split(","), "result", "errors", "remarks"]
        first, second = results
        assert first[:10] == OFFICE_ROW.split(",")
        assert first[-1].endswith("Left out: Shirt size, Truck.")
        assert second[-1].endswith("Left out: Truck.")

    def test_the_result_of_jobs_begins_with_their_numbers(self, actor: User) -> None:
        head = "Kind of work,Needed by,How long,Place"
        run = taken_in(f'{head}\ntile,2030-03-05 09:00,2:00,"100 Congress Avenue, Austin, TX 78701"\n', actor, "jobs")
        run = finished(matched(run, ["type", "desired_date", "duration", "full_address"], remember_it=True))
        assert counts(run) == (1, 0, 0, 0), errors(run)
        run = finished(import_checked(run_id=run.pk))
        results = Results(run)
        assert results.headings == ["job_number", *head.split(","), "result", "errors", "remarks"]
        (row,) = results
        assert row[0].startswith("JOB-")
        text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in [results.headings, row])
        again = finished(taken_in(text, actor, "jobs"))
        assert (again.state, counts(again)) == ("checked", (0, 0, 1, 0)), errors(again)

    @pytest.mark.parametrize("is_remembered", [True, False])
    def test_the_result_keeps_a_column_of_the_user_with_the_name_of_one_that_it_adds(
        self, actor: User, is_remembered: bool
    ) -> None:
        head = "Kind of work,Needed by,How long,Place,Remarks,Result"
        line = 'tile,2030-03-05 09:00,2:00,"100 Congress Avenue, Austin, TX 78701",Mind the dog,sold'
        targets = ["type", "desired_date", "duration", "full_address", "special_requirements", ""]
        run = matched(taken_in(f"{head}\n{line}\n", actor, "jobs"), targets, remember_it=is_remembered)
        run = finished(import_checked(run_id=finished(run).pk))
        assert left_out_of(run) == ["Result"]
        results = Results(run)
        added = ["import_result", "import_errors", "import_remarks"]
        assert results.headings == ["job_number", *head.split(","), *added]
        (row,) = results
        assert row[5:7] == ["Mind the dog", "sold"]
        assert row[-1].endswith("Left out: Result.")
        text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in [results.headings, row])
        again = taken_in(text, actor, "jobs")
        assert again.state == ("checking" if is_remembered else "matching")
        again = finished(again if is_remembered else matched(again, ["job_number", *targets, "", "", ""]))
        assert (again.state, counts(again)) == ("checked", (0, 0, 1, 0)), errors(again)
        assert left_out_of(again) == ["Result"]
        assert Results(again).headings == results.headings

    def test_the_order_of_day_and_month_is_told_from_all_dates_and_can_be_switched(self, actor: User) -> None:
        head, place = "Kind of work,Needed by,How long,Place", '2:00,"100 Congress Avenue, Austin, TX 78701"'
        text = f"{head}\ntile,3/4/2031,{place}\ntile,25/12/2030,{place}\n"
        targets = ["type", "desired_date", "duration", "full_address"]
        run = finished(matched(taken_in(text, actor, "jobs"), targets))
        assert (run.options["date_order"], counts(run)) == ("dmy", (2, 0, 0, 0)), errors(run)
        run = finished(matched(run, targets, options={"date_order": "mdy"}))
        assert (run.options["date_order"], list(errors(run))) == ("mdy", [3])
        client = signed_in()
        address = reverse("admin:imports_importrun_match", args=[run.pk])
        page = client.get(address)
        assert "Detected from the dates: Day first: 03/04 is April 3" in page.content.decode()
        values = fields_of(page, "match_form")
        assert values["date_order"] == "mdy"
        client.post(address, values | {"date_order": ""})
        run = finished(ImportRun.objects.get())
        assert (run.options["date_order"], counts(run)) == ("dmy", (2, 0, 0, 0))


class TestRefusals:
    @pytest.mark.parametrize(
        ("targets", "field", "message"),
        [
            (["name", "shoe_size", *TARGETS[2:]], "column_1", "Select a target from the list."),
            (["name", "name", *TARGETS[2:]], "column_0", "“Name” is also chosen for Trade."),
            (["name", "name", *TARGETS[2:]], "column_1", "“Name” is also chosen for Crew Name."),
            (["name", "type", "phone_number", *[""] * 7], "missing", "Choose a column for: Email address"),
        ],
    )
    def test_at_the_field(self, actor: User, targets: list[str], field: str, message: str) -> None:
        run = taken_in(OFFICE, actor)
        with pytest.raises(InvalidInput) as refusal:
            matched(run, targets)
        assert refusal.value.errors[field][0].startswith(message)
        run.refresh_from_db()
        assert (run.state, run.mapping) == ("matching", TARGETS)

    def test_another_number_of_columns(self, actor: User) -> None:
        with pytest.raises(InvalidInput, match="The file has 10 columns"):
            matched(taken_in(OFFICE, actor), TARGETS[:9])

    def test_a_match_that_has_changed_since(self, actor: User) -> None:
        run = finished(matched(taken_in(OFFICE, actor), ["", *TARGETS[1:]], options={"defaults": {}}))
        with pytest.raises(InvalidInput, match="has changed since you opened the page"):
            match_columns(run_id=run.pk, targets=TARGETS, seen="0", actor=actor)

    def test_the_import_of_a_match_that_has_changed_since_its_check_was_shown(self, actor: User) -> None:
        client = signed_in()
        run = finished(matched(taken_in(OFFICE, actor), ["city", *TARGETS[1:5], "name", *TARGETS[6:]]))
        change, address = (reverse(f"admin:imports_importrun_{name}", args=[run.pk]) for name in ("change", "import"))
        shown = f'<input type="hidden" name="seen" value="{run.match_version}">'
        assert shown in client.get(change).content.decode()
        assert f'name="seen" value="{run.match_version}"' in client.get(address).content.decode()
        seen, run = run.match_version, finished(matched(run))
        page = client.post(address, {"seen": seen})
        assert "has changed since you opened the page" in page.content.decode()
        run.refresh_from_db()
        assert (run.state, Contractor.objects.count()) == ("checked", 0)
        client.post(address, {"seen": run.match_version})
        finished(ImportRun.objects.get())
        assert Contractor.objects.get().name == "Ann Tiles"

    def test_during_a_check_and_after_an_import(self, actor: User) -> None:
        run = matched(taken_in(OFFICE, actor))
        with pytest.raises(InvalidInput, match="not during a check"):
            matched(run)
        finished(import_checked(run_id=finished(run).pk))
        run.refresh_from_db()
        with pytest.raises(InvalidInput, match="until the import starts"):
            matched(run)

    def test_nothing_else_can_be_done_before_the_match(self, actor: User) -> None:
        run = taken_in(OFFICE, actor)
        for service in (check_again, import_checked, stop):
            with pytest.raises(InvalidInput):
                service(run_id=run.pk)


class TestThePage:
    def upload(self, client: Client, text: str, kind: str = "contractors") -> PageResponse:
        data = {"kind": kind, "file": SimpleUploadedFile("crew.csv", text.encode())}
        return client.post(reverse("admin:imports_importrun_add"), data, follow=True)

    def test_from_the_upload_to_the_check(self) -> None:
        client = signed_in()
        page = self.upload(client, OFFICE)
        html = page.content.decode()
        run = ImportRun.objects.get()
        address = reverse("admin:imports_importrun_match", args=[run.pk])
        assert page.redirect_chain == [(address, 302)]
        assert "Match the columns" in html
        assert "2 columns are left out:" in html
        assert "Known heading" in html
        assert client.get(reverse("admin:imports_importrun_change", args=[run.pk])).url == address  # type: ignore[attr-defined]
        values = fields_of(page, "match_form")
        assert [values[f"column_{at}"] for at in range(10)] == TARGETS
        page = client.post(address, values, follow=True)
        assert "Checking" in page.content.decode()
        finished(ImportRun.objects.get())
        html = client.get(reverse("admin:imports_importrun_change", args=[run.pk])).content.decode()
        assert "To add: 1." in html
        assert "Shirt size" in html
        assert f'href="{address}"' in html
        assert "Chosen by hand" not in client.get(address).content.decode()

    def test_errors_are_shown_at_the_columns_and_keep_the_choices(self) -> None:
        client = signed_in()
        page = self.upload(client, OFFICE)
        address = page.redirect_chain[0][0]
        values = fields_of(page, "match_form")
        page = client.post(address, values | {"column_8": "name", "column_9": "nonsense"})
        html = page.content.decode()
        assert 'id="error_column_9"' in html
        assert "nonsense is not one of the available choices" in html
        page = client.post(address, values | {"column_8": "name"})
        assert "“Name” is also chosen for Shirt size." in page.content.decode()
        assert fields_of(page, "match_form")["column_8"] == "name"
        short = {name: value for name, value in values.items() if name != "column_3"}
        assert "Select a target, or leave the column out." in client.post(address, short).content.decode()
        assert ImportRun.objects.get().state == "matching"

    def test_what_is_missing_is_named_with_what_to_do(self) -> None:
        page = self.upload(signed_in(), "Crew Name,Cell #\nAnn,(512) 555-0143\n")
        html = page.content.decode()
        assert [str(name) for name, _field in page.context["form"].lacks][:2] == ["Email address", "Type of work"]
        assert "No row can be imported without them." in html
        assert "Click a linked field to set one value for all rows." in html
        page = signed_in().post(page.redirect_chain[0][0], fields_of(page, "match_form"))
        assert "Choose a column for: Email address" in page.content.decode()

    def test_a_second_click_and_the_back_button(self) -> None:
        client = signed_in()
        page = self.upload(client, OFFICE)
        address, values = page.redirect_chain[0][0], fields_of(page, "match_form")
        client.post(address, values | {"column_8": "skills"})
        html = client.post(address, values | {"column_8": "skills"}, follow=True).content.decode()
        assert "not during a check" in html
        run = finished(ImportRun.objects.get())
        page = client.post(address, values)
        assert "has changed since you opened the page" in page.content.decode()
        run.refresh_from_db()
        assert run.state == "checked"
        assert client.post(address, fields_of(page, "match_form")).status_code == 302

    def test_options_of_jobs_do_not_count_for_other_kinds(self) -> None:
        data = {"kind": "contractors", "twins": "on", "source": "Housecall Pro"}
        file = SimpleUploadedFile("crew.csv", OFFICE.encode())
        signed_in().post(reverse("admin:imports_importrun_add"), data | {"file": file})
        assert ImportRun.objects.get().options == {
            "source": "housecall-pro",
            "date_order": "mdy",
            "upload": {"source": "housecall-pro"},
        }
        file = SimpleUploadedFile("crew.csv", OFFICE.encode())
        page = signed_in().post(reverse("admin:imports_importrun_add"), data | {"file": file, "source": "§"})
        assert "Enter letters or digits." in page.content.decode()

    def test_who_may_not_import_may_not_match(self) -> None:
        address = self.upload(signed_in(), OFFICE).redirect_chain[0][0]
        client = signed_in(Role.MANAGER)
        assert client.get(address).status_code == 403
        assert client.post(address, {}).status_code == 403

    def test_sixty_long_and_empty_columns_cost_few_queries(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        titles = [f"{'Very long heading ' * 12}{at}" for at in range(59)]
        client = signed_in()
        address = self.upload(client, f"{','.join(titles)},<b>\n{'x,' * 30}\n").redirect_chain[0][0]
        client.get(address)
        with django_assert_max_num_queries(9):
            html = client.get(address).content.decode()
        assert html.count("<select") >= 30
        assert "&lt;b&gt;" in html
        assert "30 columns are empty and left out" in html


def test_the_cells_of_a_result_are_those_of_the_user(actor: User) -> None:
    run = finished(matched(taken_in(OFFICE.replace("78701", "787"), actor)))
    assert errors(run)[2]["zip_code"]
    (row,) = Results(run, refused_only=True)
    assert OFFICE_ROW.replace("78701", "787").split(",") == row[:10]
    assert row[11].startswith("Zip: ")
    address = reverse("admin:imports_importrun_change", args=[run.pk])
    html = signed_in().get(f"{address}?rows=refused&column=zip_code").content.decode()
    assert "<strong>Zip:</strong>" in html
    assert "With an error in <strong>Zip</strong>: 1" in html


def book(*sheets: tuple[str, list[list[str]]]) -> bytes:
    workbook, buffer = Workbook(), io.BytesIO()
    workbook.remove(workbook.worksheets[0])
    for name, lines in sheets:
        sheet = workbook.create_sheet(name)
        for line in lines:
            sheet.append(line)
    workbook.save(buffer)
    return buffer.getvalue()


COVER = ("Cover", [["Crew list"], ["Season", "2026"], ["Author", "Casey"]])
CREWS = ("Crews", [["Our crews"], [], OFFICE_HEAD.split(","), OFFICE_ROW.split(",")])
OTHERS = ("Old crews", [["Crew Name", "Phone"], ["Bob Floors", "(512) 555-0144"]])


class TestSwitches:
    def begun(self, actor: User, content: bytes, name: str = "crews.xlsx") -> ImportRun:
        return begin(kind="contractors", name=name, content=content, actor=actor)

    def again(self, run: ImportRun, **more: Any) -> ImportRun:
        now = {"sheet": run.sheet, "heading_line": run.heading_line, "encoding": run.encoding}
        return read_again(run_id=run.pk, seen=run.match_version, **{**now, **more})

    def test_the_likely_sheet_and_line_are_chosen_and_others_can_be(self, actor: User) -> None:
        run = self.begun(actor, book(COVER, CREWS, OTHERS))
        assert (run.sheet, run.heading_line, run.total, run.mapping) == (1, 3, 1, TARGETS)
        run = self.again(run, sheet=2)
        assert (run.state, run.sheet, run.heading_line, run.total) == ("matching", 2, 1, 1)
        assert run.mapping == ["name", "phone_number"]
        run = self.again(run, sheet=1)
        assert counts(finished(matched(run))) == (1, 0, 0, 0)

    def test_a_checked_file_is_matched_anew(self, actor: User) -> None:
        run = finished(matched(self.begun(actor, book(COVER, CREWS))))
        run = self.again(run, sheet=0)
        assert (run.state, run.at, run.rows.count(), run.heading_line) == ("matching", 0, 0, 1)

    def test_what_the_match_of_one_sheet_tells_does_not_stay_for_another(self, actor: User) -> None:
        export = read_table("a.csv", (BASE_DIR / "tests/imports/exports/quickbooks_customers.csv").read_bytes())
        lines = [export.titles, *([row[name] for name in export.headings] for row in export.rows)]
        office = [["Name", "Phone"], ["Ann", "(512) 555-0143"]]
        content = book(("Customers", lines), ("Office", office))
        run = begin(kind="customers", name="customers.xlsx", content=content, actor=actor)
        assert run.options["source"] == "quickbooks"
        stop(run_id=run.pk)
        run = self.again(run, sheet=1)
        assert "source" not in run.options
        assert self.again(run, sheet=0).options["source"] == "quickbooks"

        run = begin(kind="customers", name="a.xlsx", content=content, actor=actor, options={"source": "books"})
        stop(run_id=run.pk)
        assert self.again(run, sheet=1).options["source"] == "books"

    def test_values_of_a_saved_match_do_not_stay_for_another_sheet(self, actor: User) -> None:
        run = self.begun(actor, book(CREWS, OTHERS))
        matched(run, remember_it=True, options={"defaults": {"type": "carpet"}})
        run = self.begun(actor, book(CREWS, OTHERS))
        assert run.options["defaults"] == {"type": "carpet"}
        stop(run_id=run.pk)
        assert "defaults" not in self.again(run, sheet=1).options

    def test_another_line_of_headings(self, actor: User) -> None:
        run = self.begun(actor, book(("Crews", [["Crew", "Mobile"], ["Name", "Phone"], ["Ann", "(512) 555-0143"]])))
        assert run.total == 2
        run = self.again(run, heading_line=2)
        assert (run.total, run.mapping) == (1, ["name", "phone_number"])

    def test_another_encoding(self, actor: User) -> None:
        content = f"{OFFICE_HEAD}\n{OFFICE_ROW.replace('Ann Tiles', 'Zoë Núñez')}\n".encode("cp1252")
        run = self.begun(actor, content, "crew.csv")
        assert (run.encoding, uploaded_table(run).rows[0]["crew_name"]) == ("cp1252", "Zoë Núñez")
        run = self.again(run, encoding="mac-roman")
        assert uploaded_table(run).rows[0]["crew_name"] == "ZoÎ N˙Òez"
        run = self.again(run, encoding="cp1252")
        assert uploaded_table(run).rows[0]["crew_name"] == "Zoë Núñez"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"sheet": 9}, "sheet"),
            ({"sheet": -1}, "sheet"),
            ({"heading_line": 4}, "heading_line"),
            ({"heading_line": 99}, "heading_line"),
            ({"encoding": "cp1252"}, "encoding"),
        ],
    )
    def test_what_is_not_in_the_file(self, actor: User, change: dict[str, Any], field: str) -> None:
        run = self.begun(actor, book(COVER, CREWS))
        with pytest.raises(InvalidInput) as refusal:
            self.again(run, **change)
        assert list(refusal.value.errors) == [field]
        run.refresh_from_db()
        assert (run.sheet, run.heading_line, run.mapping) == (1, 3, TARGETS)

    def test_on_the_page(self) -> None:
        client = signed_in()
        data = {"kind": "contractors", "file": SimpleUploadedFile("crews.xlsx", book(COVER, CREWS, OTHERS))}
        page = client.post(reverse("admin:imports_importrun_add"), data, follow=True)
        address = page.redirect_chain[0][0]
        assert "sheet Crews, headings in line 3." in " ".join(page.content.decode().split())
        values = fields_of(page, "layout_form") | {"read": "1"}
        page = client.post(address, values | {"sheet": "2"}, follow=True)
        assert "Bob Floors" in page.content.decode()
        assert "has changed since you opened the page" in client.post(address, values).content.decode()
        page = client.post(address, fields_of(page, "layout_form") | {"read": "1", "heading_line": "2"})
        assert "no rows below the headings" in page.content.decode()
        page = client.post(address, fields_of(page, "layout_form") | {"read": "1", "sheet": "7"})
        assert "Select a valid choice" in page.content.decode()
        assert ImportRun.objects.get().sheet == 2
