from flask.testing import FlaskClient
from sqlalchemy import select

from lotsen.bootstrap import Bootstrap
from lotsen.domain.vocabulary import GuideStatus, Level, Role
from lotsen.models import Guide, Pool
from lotsen.services.unit_of_work import SYSTEM
from tests import factories
from tests.web.coordinators.conftest import SignIn
from tests.web.forms import fill, forms_on


def test_the_list_is_searched_by_name_language_and_state(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        factories.add_guide(uow, pool.id, name="Özlem Örnek")
        factories.add_guide(uow, pool.id, name="Olena Pryklad", languages=(("uk", Level.NATIVE),))
        factories.add_guide(uow, pool.id, name="Paula Probe", status=GuideStatus.PAUSED)

    def names(query: str) -> list[str]:
        page = office.get(f"/buero/lotsen{query}").text
        return [name for name in ("Özlem Örnek", "Olena Pryklad", "Paula Probe") if f">{name}</a>" in page]

    assert len(names("")) == 3
    assert names("?name=oezlem") == ["Özlem Örnek"]
    assert names("?spricht=uk") == ["Olena Pryklad"]
    assert names("?stand=paused") == ["Paula Probe"]
    assert names("?name=niemand") == []
    # The language of the search is not that of the page.
    assert '<html lang="en"' in office.get("/buero/lotsen?spricht=ar").text


def test_a_record_is_read_and_edited(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id, name="Amira Saleh")
    record = office.get(f"/buero/lotsen/{guide.id}").text
    assert "Arabic: Native language" in record
    assert "Mon 06:00-22:00" in record
    page = office.get(f"/buero/lotsen/{guide.id}/bearbeiten")
    typed = {
        "phone": "02131 901234",
        "weekly": "Mo 8-12, 14-18\nDi 9 bis 13 Uhr",
        "minutes_per_week": "7,5",
        "languages-1-language": "fr",
        "languages-1-level": "B2",
    }
    assert fill(page, office, typed, form=-1).location == f"/buero/lotsen/{guide.id}"
    record = office.get(f"/buero/lotsen/{guide.id}").text
    assert "The record has been saved." in record
    assert "Mon 08:00-12:00, 14:00-18:00" in record
    assert "French: B2" in record
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        saved = uow.session.get_one(Guide, guide.id)
        assert saved.minutes_per_week == 450
        assert len(saved.credentials) == 2


def test_saving_without_a_change_keeps_everything(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
    fill(office.get(f"/buero/lotsen/{guide.id}/bearbeiten"), office, {}, form=-1)
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(Guide, guide.id).version == guide.version


def test_wrong_entries_stand_beside_their_field_and_stay(
    office: FlaskClient, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
        taken = factories.add_guide(uow, pool.id).email
    address = f"/buero/lotsen/{guide.id}/bearbeiten"
    for typed, said in (
        ({"email": "nobody"}, "Please check the e-mail address."),
        ({"email": taken}, "Another guide of the pool has this e-mail address."),
        ({"weekly": "whenever"}, "is not clear"),
        ({"minutes_per_week": "many"}, "Please give the hours as a number"),
        ({"paused_until": "soon"}, "Please give a date."),
        ({"home_district_id": "999999"}, "Please choose from the list."),
        ({"languages-0-language": "", "languages-0-level": ""}, "Please choose at least one language."),
    ):
        page = fill(office.get(address), office, typed, form=-1)
        assert page.status_code == 422, typed
        assert said in page.text
        assert "<title>Error:" in page.text
        name, value = next(iter(typed.items()))
        assert forms_on(page)[-1].values[name] == value or not value or name == "home_district_id"


def test_two_people_edit_and_both_values_are_seen(
    office: FlaskClient, sign_in: SignIn, bootstrap: Bootstrap, pool: Pool
) -> None:
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
    address = f"/buero/lotsen/{guide.id}/bearbeiten"
    colleague = sign_in("Yasemin Muster")
    mine, hers = office.get(address), colleague.get(address)
    assert fill(hers, colleague, {"notes": "Has a car."}, form=-1).status_code == 302
    late = fill(mine, office, {"notes": "Likes schools."}, form=-1)
    assert late.status_code == 409
    assert "Somebody else has saved this record in the meantime" in late.text
    assert "Has a car." in late.text
    assert forms_on(late)[-1].values["notes"] == "Likes schools."
    assert fill(late, office, {}, form=-1).status_code == 302
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        assert uow.session.get_one(Guide, guide.id).notes == "Likes schools."


def test_a_guide_is_added(office: FlaskClient, bootstrap: Bootstrap, pool: Pool) -> None:
    page = office.get("/buero/lotsen/neu")
    refused = fill(page, office, {"name": "Nour Aziz"}, form=-1)
    assert refused.status_code == 422
    assert "Please give the e-mail address." in refused.text
    typed = {
        "name": "Nour Aziz",
        "email": "nour@lotsen.example",
        "languages-0-language": "ar",
        "languages-0-level": "native",
    }
    assert fill(page, office, typed, form=-1).status_code == 302
    with bootstrap.begin(SYSTEM, read_only=True) as uow:
        guide = uow.session.scalars(select(Guide)).one()
        assert (guide.name, guide.pool_id, guide.on_site) == ("Nour Aziz", pool.id, True)


def test_guides_of_another_pool_do_not_exist(
    sign_in: SignIn, bootstrap: Bootstrap, pool: Pool, other_pool: Pool
) -> None:
    stranger = sign_in("Sam Muster", pool_id=other_pool.id)
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id, name="Amira Saleh")
        foreign_district = factories.district(uow, pool.id)
    assert stranger.get(f"/buero/lotsen/{guide.id}").status_code == 404
    assert stranger.get(f"/buero/lotsen/{guide.id}/bearbeiten").status_code == 404
    assert "Amira Saleh" not in stranger.get("/buero/lotsen").text
    page = stranger.get("/buero/lotsen/neu")
    data = forms_on(page)[-1].values | {"name": "Amira", "email": "amira@lotsen.example"}
    assert stranger.post(f"/buero/lotsen/{guide.id}/bearbeiten", data=data).status_code == 404
    data |= {"languages-0-language": "ar", "languages-0-level": "B2"}
    for field in ("home_district_id", "district_ids"):
        answer = stranger.post("/buero/lotsen/neu", data=data | {field: str(foreign_district)})
        assert answer.status_code == 422


def test_who_may_only_read_does_not_edit(sign_in: SignIn, bootstrap: Bootstrap, pool: Pool) -> None:
    reader = sign_in("Rita Muster", Role.READ_ONLY)
    with bootstrap.begin(SYSTEM) as uow:
        guide = factories.add_guide(uow, pool.id)
    assert "bearbeiten" not in reader.get(f"/buero/lotsen/{guide.id}").text
    assert reader.get(f"/buero/lotsen/{guide.id}/bearbeiten").status_code == 403
    assert reader.get("/buero/lotsen/neu").status_code == 403
