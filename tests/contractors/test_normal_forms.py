"""Normal forms of names, skills, and email addresses of contractors, in storage and look-ups."""

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from contractors.models import Contractor
from contractors.services import likely_duplicates, update_contractor
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from smartscheduler.accounts.permissions import Role
from smartscheduler.imports.models import ImportedRow
from smartscheduler.rules.current import current_rules
from tests.api import V1, changed, client_as, problem, refused_field
from tests.contractors.test_api import BODY, URL
from tests.factories import ContractorFactory, JobFactory, UserFactory
from tests.imports.test_imports import ANN, HEAD, checked

pytestmark = pytest.mark.django_db
SPELLINGS = [
    ("Café floors", "cafe\u0301 FLOORS"),
    ("mosaic inlay", "MOSAIC  inlay"),
    ("Straße", "STRASSE"),
    ("STRASSE", "straße"),
    ("kitchens", "\u212aitchen\u017f"),
    ("mosaic", "\uff2d\uff4f\uff53\uff41\uff49\uff43"),
]
BUECHER = ["ada@bücher.example", "ada@xn--bcher-kva.example", "ADA@BÜCHER.EXAMPLE"]


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.COORDINATOR)


class TestSkills:
    @pytest.mark.parametrize(("spelling", "other"), SPELLINGS, ids=ascii)
    def test_two_spellings_are_one_skill(self, api: APIClient, spelling: str, other: str) -> None:
        made = api.post(URL, {**BODY, "skills": [spelling, other]}).json()
        assert len(made["skills"]) == 1

    @pytest.mark.parametrize(("spelling", "other"), SPELLINGS, ids=ascii)
    def test_a_job_that_asks_for_one_finds_the_other(self, spelling: str, other: str) -> None:
        able = ContractorFactory(skills=[spelling, "stairs"])
        ContractorFactory(skills=["stairs"])
        job = JobFactory(required_skills=[other])
        ranking = rank_candidates(JobRequest.of(job), current_rules())
        assert [entry.contractor.pk for entry in ranking.entries] == [able.pk]

    @pytest.mark.parametrize(("spelling", "other"), SPELLINGS, ids=ascii)
    def test_the_filters_find_the_other(self, api: APIClient, spelling: str, other: str) -> None:
        able = ContractorFactory(skills=[spelling])
        ContractorFactory(skills=["stairs"])
        results = api.get(URL, {"skill": f" {other} "}).json()["results"]
        assert [row["id"] for row in results] == [str(able.pk)]

    def test_unknown_values_find_no_contractor(self, api: APIClient) -> None:
        ContractorFactory(skills=["stairs"])
        assert api.get(URL, {"skill": "glass"}).json()["count"] == 0

    @pytest.mark.parametrize("skill", ["sta\airs", "\u200b", "sta\u202eirs"], ids=ascii)
    def test_what_cannot_be_seen_is_refused(self, api: APIClient, skill: str) -> None:
        assert api.post(URL, {**BODY, "skills": [skill]}).status_code == 400
        with pytest.raises(Exception, match="not allowed"):
            ContractorFactory(skills=[skill])


class TestAddresses:
    def test_an_international_domain_is_one_address(self, api: APIClient) -> None:
        assert api.post(URL, {**BODY, "email": BUECHER[0]}).json()["email"] == BUECHER[1]
        for written in BUECHER:
            problem(api.post(URL, {**BODY, "email": written}), 409, "duplicate-email")
        other = ContractorFactory()
        for written in BUECHER:
            with pytest.raises(Exception, match="Another contractor"):
                update_contractor(contractor_id=other.pk, email=written, actor=None)

    def test_a_file_finds_it_too(self, api: APIClient) -> None:
        ContractorFactory(email=BUECHER[1], name="Ann Tiles")
        rows = "\n".join([HEAD, ANN.replace("ann@example.com", BUECHER[2])])
        run = checked(rows, UserFactory())
        assert [row.outcome for row in run.rows.all()] == [ImportedRow.Outcome.UPDATED]
        twice = "\n".join([HEAD, *(ANN.replace("ann@example.com", spelling) for spelling in BUECHER)])
        outcomes = [row.outcome for row in checked(twice, UserFactory()).rows.order_by("number")]
        assert outcomes[1:] == [ImportedRow.Outcome.REFUSED] * 2

    @pytest.mark.parametrize(
        "email",
        ["ad\u0131@example.com", "\u212aim@example.com", "bo\u017f@example.com", "\uff41da@example.com", "ada@-.de"],
    )
    def test_one_that_no_server_takes_is_refused(self, api: APIClient, email: str) -> None:
        assert refused_field(api.post(URL, {**BODY, "email": email}), "email")

    def test_the_database_stands_behind(self) -> None:
        contractor, other = ContractorFactory(email="Ada@example.com"), ContractorFactory()
        for email in ("ADA@EXAMPLE.COM", "ad\u0131@example.com", "ada@bücher.example", "a\x07@example.com"):
            with pytest.raises(IntegrityError), transaction.atomic():
                Contractor.objects.filter(pk=other.pk).update(email=email)
        assert Contractor.objects.with_email("aDA@Example.com").get() == contractor


class TestNames:
    @pytest.mark.parametrize("name", ["\u200b\u200b", "\u2060\ufeff", "Ada\u202eTiles", "Ada\aTiles"], ids=ascii)
    def test_invisible_characters_are_refused_at_each_entry_point(self, api: APIClient, name: str) -> None:
        assert refused_field(api.post(URL, {**BODY, "name": name}), "name")
        present = ContractorFactory()
        assert refused_field(api.patch(f"{URL}{present.pk}/", {"name": name}), "name")
        with pytest.raises(Exception, match="not allowed"):
            update_contractor(contractor_id=present.pk, name=name, actor=None)
        assert Contractor.objects.get().name == present.name

    def test_blanks_are_folded_and_the_text_is_composed(self, api: APIClient) -> None:
        body = changed({**BODY, "name": " Jose\u0301 \n\t Nu\u0301n\u0303ez "}, "location.city", "San\u00a0 Jose\u0301")
        made = api.post(URL, body).json()
        assert (made["name"], made["location"]["city"]) == ("José Núñez", "San José")

    @pytest.mark.parametrize(("spelling", "other"), SPELLINGS, ids=ascii)
    def test_a_likely_duplicate_is_found_by_any_spelling(self, spelling: str, other: str) -> None:
        first, second = ContractorFactory(name=spelling), ContractorFactory(name=other)
        assert likely_duplicates(second) == [first]
        assert likely_duplicates(first) == [second]

    def test_and_in_files(self) -> None:
        ContractorFactory(name="ANN TÍLES", latitude="30.2672", longitude="-97.7431", email="first@example.com")
        row = ANN.replace("Ann Tiles", "Ann Ti\u0301les").replace(",78701,,,", ",78701,30.2672,-97.7431,")
        [refused] = checked(f"{HEAD}\n{row}", UserFactory()).rows.all()
        assert "duplicate of first@example.com" in refused.remarks

    def test_a_search_finds_them_decomposed(self, api: APIClient) -> None:
        ContractorFactory(name="José Núñez")
        assert api.get(URL, {"search": "Nu\u0301n\u0303ez"}).json()["count"] == 1


class TestJobs:
    @pytest.mark.parametrize("text", ["a\ab", "a\u202eb"], ids=ascii)
    def test_notes_keep_line_breaks_and_nothing_else(self, text: str) -> None:
        api, job = client_as(Role.COORDINATOR), JobFactory()
        url = f"{V1}/jobs/{job.pk}/"
        assert api.patch(url, {"special_requirements": "one\r\ntwo"}).json()["special_requirements"] == "one\ntwo"
        assert refused_field(api.patch(url, {"special_requirements": text}), "special_requirements")
        assert refused_field(api.patch(url, {"customer_name": text}), "customer_name")
        assert api.patch(url, {"customer_name": "Ada\nHill\t"}).json()["customer_name"] == "Ada Hill"
        assert refused_field(api.post(f"{url}cancel/", {"reason": text}), "reason")
