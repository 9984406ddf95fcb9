"""`manage.py import`: match, check, import, progress, refusals and exit codes."""

from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from openpyxl import Workbook

from contractors.models import Contractor
from customers.models import Customer
from smartscheduler.imports import runner
from smartscheduler.imports.models import ImportRun, SavedMapping
from tests.factories import UserFactory
from tests.imports.test_imports import ANN, HEAD

pytestmark = pytest.mark.django_db
BAD = ANN.replace("tile", "paint").replace("ann@", "bob@")
UNKNOWN = "Kunde,Etwas,Telefon\nGrace Hill,x,(512) 555-0143\n"


def written(folder: Path, text: str, name: str = "people.csv") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def imported(*arguments: str, kind: str = "contractors") -> str:
    out = StringIO()
    call_command("import", *arguments, "--kind", kind, stdout=out)
    return out.getvalue()


def test_it_checks_and_imports(tmp_path: Path) -> None:
    user = UserFactory()
    report = imported(written(tmp_path, f"{HEAD}\n{ANN}\n"), "--as", user.email)
    assert "Imported 1 rows: 1 new, 0 changed, 0 unchanged, 0 rejected." in report
    assert Contractor.objects.get().email == "ann@example.com"
    run = ImportRun.objects.get()
    assert (run.state, run.created_by, run.name, run.leased_until) == ("done", user, "people.csv", None)


def test_a_check_writes_nothing(tmp_path: Path) -> None:
    report = imported(written(tmp_path, f"{HEAD}\n{ANN}\n"), "--check-only")
    assert "Checked 1 rows: 1 new" in report
    assert not Contractor.objects.exists()
    assert ImportRun.objects.get().state == "checked"


def test_rejected_rows_are_listed_and_written_and_the_others_come_in(tmp_path: Path) -> None:
    rejected, out = tmp_path / "rejected.csv", StringIO()
    arguments = [written(tmp_path, f"{HEAD}\n{ANN}\n{BAD}\n"), "--kind", "contractors", "--rejected", str(rejected)]
    with pytest.raises(SystemExit) as ended:
        call_command("import", *arguments, stdout=out)
    assert ended.value.code == 3
    assert "Errors by kind" in out.getvalue()
    assert "type" in out.getvalue()
    assert "1 new, 0 changed, 0 unchanged, 1 rejected." in out.getvalue()
    assert "bob@example.com" in rejected.read_text()
    assert "ann@example.com" not in rejected.read_text()
    assert Contractor.objects.count() == 1


def test_an_unknown_file_shows_its_match_first_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path, out = written(tmp_path, UNKNOWN), StringIO()
    with pytest.raises(CommandError, match="--accept-match"):
        call_command("import", path, "--kind", "customers", stdout=out)
    assert "Etwas" in out.getvalue()
    assert "left out" in out.getvalue()
    assert not ImportRun.objects.exists()
    report = imported(path, "--column", "Kunde=name", "--column", "Telefon=phones", "--remember", kind="customers")
    assert "1 new" in report
    assert Customer.objects.get().contact_phone == "(512) 555-0143"
    assert SavedMapping.objects.count() == 1
    assert "1 unchanged" in imported(path, kind="customers")


def test_sheet_heading_line_and_encoding_can_be_chosen(tmp_path: Path) -> None:
    workbook, path = Workbook(), tmp_path / "people.xlsx"
    for title in ("Old", "New"):
        sheet = workbook.create_sheet(title)
        for line in (["name", "phone"], ["Full name", "Mobile"], [f"{title} Hill", "5125550143"]):
            sheet.append(line)
    workbook.save(path)
    arguments = ["--sheet", "New", "--heading-line", "2", "--accept-match"]
    assert "1 new" in imported(str(path), *arguments, kind="customers")
    assert Customer.objects.get().name == "New Hill"
    with pytest.raises(CommandError, match="no sheet 'None', but 'Sheet', 'Old', 'New'"):
        imported(str(path), "--sheet", "None", kind="customers")
    mac = tmp_path / "mac.csv"
    mac.write_bytes("name,phone\nÆ Ø,5125550143\n".encode("mac-roman"))
    imported(str(mac), "--encoding", "mac-roman", "--accept-match", kind="customers")
    assert Customer.objects.filter(name="Æ Ø").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv"], "No such file"),
        (["people.csv", "--as", "nobody@example.com"], "no account nobody@example.com"),
        (["people.csv", "--column", "Color=name"], "no column Color. Columns: email, "),
        (["people.csv", "--column", "email=color"], "column_0: "),
        (["empty.csv"], "The file is empty"),
    ],
)
def test_says_why_a_file_is_not_imported(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, f"{HEAD}\n{ANN}\n")
    written(tmp_path, "", "empty.csv")
    with pytest.raises(CommandError, match=message):
        imported(*arguments)
    assert not ImportRun.objects.exists()


def test_nothing_is_imported_where_every_row_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        imported(written(tmp_path, f"{HEAD}\n{BAD}\n"))
    assert ImportRun.objects.get().state == "checked"


def test_a_file_that_a_worker_has_taken_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker takes the file between two turns; the command waits for it and doubles nothing."""
    turns = list[Any]()

    def turn(run: ImportRun, _watch: Any) -> None:
        turns.append(run.state)
        if len(turns) == 1:
            ImportRun.objects.update(turn_at=timezone.now(), leased_until=timezone.now() + runner.LEASE)
        else:
            runner.work_on_file(run.pk)

    def other_worker(_seconds: float) -> None:
        runner.work_on_file(ImportRun.objects.get().pk)

    monkeypatch.setattr(runner, "work_apart", turn)
    monkeypatch.setattr("time.sleep", other_worker)
    assert "1 new" in imported(written(tmp_path, f"{HEAD}\n{ANN}\n"), "--check-only")
    assert turns == ["checking"]


def test_an_interrupted_import_can_go_on_on_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "work_apart", interrupted)
    with pytest.raises(CommandError, match=r"stopped after 0 of 1 rows\. Go on with it on its page"):
        imported(written(tmp_path, f"{HEAD}\n{ANN}\n"))
    run = ImportRun.objects.get()
    assert (run.state, run.leased_until) == ("unchecked", None)
