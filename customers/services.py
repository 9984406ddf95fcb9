"""Services that create, change and merge customers.

Rows are locked in the order contractor, jobs, customers: apps above lock theirs on the signal `locking`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from contractors.models import Contractor
from customers.events import CustomerCreated, CustomerMerged
from customers.models import Customer, CustomerAddress, CustomerPhone, Preference
from customers.search_text import name_key, search_text
from customers.signals import contact_changed, locking, merging, preferences_changed
from smartscheduler.accounts.models import User
from smartscheduler.core.db.external_ids import check_external_id
from smartscheduler.core.db.inserts import insert, insert_many
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.entry.phone_numbers import PhoneNumber, international, parse_phone
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.geo.postal_areas import check_location
from smartscheduler.core.observability.metrics.definitions import CUSTOMER_CHANGES, counting
from smartscheduler.errors import InvalidInput, InvalidTransition
from smartscheduler.events.publishing import publish

MOST_PHONES, MOST_ADDRESSES, MOST_PREFERENCES = 10, 50, 50
# The columns of a place, the same for the address of a customer and for the site of a job.
PLACE = ("latitude", "longitude", "address", "city", "state", "zip_code", "time_zone")
LISTS = ("phones", "addresses", "preferred", "refused")
PREFERENCES = frozenset({"preferred", "refused"})
PHONE = ("number", "extension", "kind")
# A note longer than this is cut when two customers are merged; the history keeps it whole.
LONGEST_NOTES = 4000
# The customers by key of the name and international number that a batch has looked up (`contacts_looked_up`).
_looked_up: ContextVar[dict[tuple[str, str], list[Customer]] | None] = ContextVar("contacts_looked_up", default=None)


@counting(CUSTOMER_CHANGES, "create")
@domain_transaction
def create_customer(
    *,
    actor: User | None,
    phones: Sequence[Mapping[str, Any]] = (),
    addresses: Sequence[Mapping[str, Any]] = (),
    preferred: Iterable[UUID] = (),
    refused: Iterable[UUID] = (),
    is_known_new: bool = False,
    **fields: Any,
) -> Customer:
    """Create a customer with a name, a company or a phone number. Raises InvalidInput (by field).

    `is_known_new`: the caller has looked, and no customer has the external ID.
    """
    return _create(
        Customer(**fields),
        actor=actor,
        phones=phones,
        addresses=addresses,
        preferred=preferred,
        refused=refused,
        is_known_new=is_known_new,
    )


def _create(
    customer: Customer,
    *,
    actor: User | None,
    phones: Sequence[Mapping[str, Any]],
    addresses: Sequence[Mapping[str, Any]],
    preferred: Iterable[UUID] = (),
    refused: Iterable[UUID] = (),
    is_known_new: bool = False,
) -> Customer:
    """Check and save a new customer in the transaction of the caller."""
    _check(customer, is_known_new=is_known_new)
    # An import creates thousands, so that nothing is read that is known here.
    rows, places = _phones(customer, phones), _addresses(customer, addresses)
    _check_contact(customer, [row.number for row in rows])
    customer.search_text = _search_text(customer, rows, places)
    _forget(customer, rows)
    insert(customer)
    insert_many(rows)
    insert_many(places)
    _keep_known(customer, "phones", rows)
    _keep_known(customer, "addresses", places)
    preferred, refused = list(preferred), list(refused)
    if preferred or refused:
        _replace_preferences(customer, preferred, refused)
    publish(CustomerCreated(customer_id=customer.pk), actor=actor)
    return customer


@counting(CUSTOMER_CHANGES, "change")
@domain_transaction
def update_customer(*, customer_id: UUID, actor: User | None, **changes: Any) -> Customer:
    """Change the fields named in `changes`. Lists (phones, addresses, preferred, refused) replace the stored ones.

    A changed name or first phone number is also changed on all jobs of the customer.
    Raises InvalidInput (by field), InvalidTransition for a customer that was merged, Customer.DoesNotExist.
    """
    customer = _changeable(customer_id, with_preferences=bool(PREFERENCES & changes.keys()))
    before, preferences = (customer.contact_name, customer.contact_phone), _preferences_of(customer)
    lists: dict[str, Any] = {name: changes.pop(name) for name in LISTS if name in changes}
    changed = {name: value for name, value in changes.items() if getattr(customer, name) != value}
    for name, value in changed.items():
        setattr(customer, name, value)
    if "email" in changed:
        customer.email_bounced = False
    _check(customer)
    changed_lists = _replace_lists(customer, lists)
    _check_contact(customer, [phone.number for phone in customer.phones.all()])
    if changed or changed_lists:
        keep_search_text(customer)
    if (customer.contact_name, customer.contact_phone) != before:
        contact_changed.send(sender=Customer, customer=customer, actor=actor)
    _publish_preferences(customer, preferences, actor)
    return customer


@counting(CUSTOMER_CHANGES, "merge")
@domain_transaction
def merge_customers(*, customer_id: UUID, other_id: UUID, actor: User | None) -> Customer:
    """Merge the customer `other_id` into `customer_id` and return the latter.

    Jobs, phone numbers, addresses, notes and preferences move; empty fields are filled. The other record stays without
    jobs and leads to the first. A repeated merge changes nothing. Raises InvalidInput for the same customer,
    InvalidTransition for one that was merged elsewhere, Customer.DoesNotExist.
    """
    if customer_id == other_id:
        raise InvalidInput.of("other", gettext("Choose another customer: a customer cannot be merged into itself."))
    target, source = _locked_pair(customer_id, other_id)
    if source.merged_into_id == target.pk:
        return target
    for customer in (target, source):
        _refuse_merged(customer)
    before, preferences = (target.contact_name, target.contact_phone), _preferences_of(target)
    _fill_fields(target, source)
    # First the source, because an external ID belongs to one customer at a time.
    source.merged_into, source.external_id, source.source, source.search_text = target, "", "", ""
    source.save()
    Customer.objects.filter(merged_into=source).update(
        merged_into=target, updated_at=timezone.now(), version=F("version") + 1
    )
    _move_rows(target, source)
    keep_search_text(target)
    results = merging.send(sender=Customer, source=source, target=target, actor=actor)
    if (target.contact_name, target.contact_phone) != before:
        contact_changed.send(sender=Customer, customer=target, actor=actor)
    _publish_preferences(target, preferences, actor)
    moved = sum(int(count or 0) for _receiver, count in results)
    publish(CustomerMerged(customer_id=target.pk, merged_id=source.pk, jobs=moved), actor=actor)
    return target


def find_or_create(*, name: str, phone: str, place: Location | None, actor: User | None) -> Customer:
    """The one customer who is certainly meant by the name and phone number on a job, or else a new one."""
    certain = certain_matches(name=name, phone=phone, place=place)
    if len(certain) == 1:
        return certain[0]
    return create_from_contact(name=name, phone=phone, place=place, actor=actor)


@counting(CUSTOMER_CHANGES, "create")
def create_from_contact(*, name: str, phone: str, place: Location | None = None, actor: User | None) -> Customer:
    """Create a customer from the name, the phone number and the place, which is checked, of a job.

    Runs in the transaction of the job, without a savepoint of its own.
    """
    addresses = [{field: getattr(place, field) for field in PLACE}] if place else []
    phones = [{"number": phone}] if phone else []
    return _create(Customer(name=name), actor=actor, phones=phones, addresses=addresses)


@domain_transaction
def correct_contact(customer_id: UUID, *, name: str, phone: str) -> Customer:
    """Change the name and the first phone number of a customer, as they were corrected on their only job."""
    customer = Customer.objects.locked().get(pk=customer_id)
    if customer.name or not customer.company:
        customer.name = name
    else:
        customer.company = name
    if customer.contact_phone != phone:
        number, others = international(phone), customer.phones.all()[1:]
        kept = [{name: getattr(row, name) for name in PHONE} for row in others if row.number != number]
        _replace_phones(customer, [*([{"number": phone}] if phone else []), *kept])
    _check(customer)
    keep_search_text(customer)
    return customer


def certain_matches(*, name: str, phone: str, place: Location | None) -> list[Customer]:
    """Customers with the same name, in any spelling, and the same phone number; without a number, the same address."""
    contact = name_key(name), international(phone)
    if phone and contact in (looked_up := _looked_up.get() or {}):
        # Once: what the caller does with them can change them.
        return looked_up.pop(contact)
    customers = Customer.objects.with_key(contact[0]).prefetch_related("phones", "addresses")
    if phone:
        return list(customers.filter(phones__number=contact[1]).distinct()[:2])
    if not name or place is None:
        return []
    key = place_key(place)
    near = customers.filter(addresses__zip_code=place.zip_code).distinct()
    return [customer for customer in near if key in map(place_key, customer.addresses.all())]


@contextmanager
def contacts_looked_up(contacts: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Look up the customers with these names and international numbers together, for `certain_matches` inside.

    For a batch. What is created or changed inside is looked up by itself.
    """
    matches: dict[tuple[str, str], list[Customer]] = {(name_key(name), number): [] for name, number in contacts}
    with_number = CustomerPhone.objects.filter(number__in={number for _key, number in matches}).values("customer")
    customers = Customer.objects.current().filter(pk__in=with_number).prefetch_related("phones", "addresses")
    for customer in customers if matches else ():
        for number in {phone.number for phone in customer.phones.all()}:
            matches.get((_stored_key(customer), number), []).append(customer)
    token = _looked_up.set(matches)
    try:
        yield
    finally:
        _looked_up.reset(token)


def _stored_key(customer: Customer) -> str:
    return customer.search_text.partition("\n")[0]


def _forget(customer: Customer, phones: Iterable[CustomerPhone]) -> None:
    """Drop from a look-up what a new or changed customer makes untrue."""
    looked_up = _looked_up.get() or {}
    outdated = [key for key, customers in looked_up.items() if customer in customers]
    for key in [*outdated, *((_stored_key(customer), phone.number) for phone in phones)]:
        looked_up.pop(key, None)


def place_key(place: Location) -> tuple[str, str]:
    """The key that is equal for two spellings of an address."""
    return name_key(place.address), place.zip_code


def address_at(customer: Customer, place: Location) -> CustomerAddress:
    """The address of the customer at a place; it is added when it is new."""
    key = place_key(place)
    for address in customer.addresses.all():
        if place_key(address) == key:
            return address
    # The lock waits for a merge, which moves the addresses.
    customer = Customer.objects.locked().get(pk=customer.pk)
    if customer.merged_into:
        return address_at(customer.merged_into, place)
    address = CustomerAddress(customer=customer, **{name: getattr(place, name) for name in PLACE})
    address.save(force_insert=True)
    keep_search_text(customer)
    return address


def keep_search_text(customer: Customer) -> None:
    """Save the customer with the text that a search reads."""
    phones = customer.phones.all()
    customer.search_text = _search_text(customer, phones, customer.addresses.all())
    _forget(customer, phones)
    customer.save()


def _search_text(customer: Customer, phones: Iterable[CustomerPhone], addresses: Iterable[CustomerAddress]) -> str:
    return search_text(
        name=customer.name,
        company=customer.company,
        email=customer.email,
        reference=customer.external_id,
        phones=[phone.number for phone in phones],
        streets=[f"{address.address} {address.city} {address.zip_code}" for address in addresses],
    )


def _keep_known(customer: Customer, name: str, rows: Sequence[Any]) -> None:
    """Let `customer.<name>.all()` return rows that were just written, as if they had been prefetched."""
    queryset = getattr(customer, name).all()
    queryset._result_cache, queryset._prefetch_done = list(rows), True
    vars(customer).setdefault("_prefetched_objects_cache", {})[name] = queryset


def _changeable(customer_id: UUID, *, with_preferences: bool) -> Customer:
    """Lock and return the customer, after its jobs. Raises InvalidTransition when it was merged.

    With preferences, a job that another transaction creates for the customer waits, and then copies the new lists.
    """
    locking.send(sender=Customer, customers=[customer_id], wait=True)
    customers = Customer.objects.select_for_update() if with_preferences else Customer.objects.locked()
    customer = customers.get(pk=customer_id)
    _lock_late_rows([customer_id])
    _refuse_merged(customer)
    return customer


def _locked_pair(customer_id: UUID, other_id: UUID) -> tuple[Customer, Customer]:
    """Both customers, locked so that no transaction can give them another job meanwhile.

    With them, in the order of the ids, those that were merged into one of them earlier: they change as well.
    """
    ids = [customer_id, other_id]
    locking.send(sender=Customer, customers=ids, wait=True)
    rows = Customer.objects.select_for_update().filter(Q(pk__in=ids) | Q(merged_into__in=ids)).order_by("pk")
    customers = {customer.pk: customer for customer in rows}
    _lock_late_rows(ids)
    try:
        return customers[customer_id], customers[other_id]
    except KeyError:
        raise Customer.DoesNotExist from None


def _lock_late_rows(ids: Sequence[UUID]) -> None:
    """Lock the jobs that the customers got between the locks of the jobs and of the customers.

    An edit may hold such a job and wait for its customer. Waiting for the job would be a deadlock, so this fails at
    once, and the transaction runs again in the usual order.
    """
    locking.send(sender=Customer, customers=ids, wait=False)


def _refuse_merged(customer: Customer) -> None:
    if customer.merged_into_id:
        message = gettext("This customer was merged into another one and cannot be changed.")
        raise InvalidTransition(message, extra={"from": "merged", "merged_into": str(customer.merged_into_id)})


def _fill_fields(target: Customer, source: Customer) -> None:
    if not target.email:
        target.email_bounced = source.email_bounced
    for name in ("name", "company", "email"):
        if not getattr(target, name):
            setattr(target, name, getattr(source, name))
    if not target.external_id:
        target.external_id, target.source = source.external_id, source.source
    # A customer who has turned emails off under either record gets none.
    target.accepts_emails = target.accepts_emails and source.accepts_emails
    target.accepts_texts = target.accepts_texts or source.accepts_texts
    target.notes = "\n".join(filter(None, [target.notes, source.notes]))[:LONGEST_NOTES]


def _move_rows(target: Customer, source: Customer) -> None:
    """Move the phones, addresses and preferences that `target` does not have. The others stay with `source`."""
    present = list(target.phones.all())
    known = {(phone.number, phone.extension) for phone in present}
    new = [phone for phone in source.phones.all() if (phone.number, phone.extension) not in known]
    first = max((phone.position for phone in present), default=-1) + 1
    for position, phone in enumerate(new, start=first):
        phone.customer, phone.position = target, position
        phone.save()
    places = set(map(place_key, target.addresses.all()))
    for address in source.addresses.all():
        if place_key(address) not in places:
            address.customer = target
            address.save()
    taken = target.preferences.values_list("contractor_id", flat=True)
    source.preferences.exclude(contractor__in=list(taken)).update(customer=target)


def _check(customer: Customer, *, is_known_new: bool = False) -> None:
    customer.clean_fields(exclude=["merged_into"])
    check_external_id(customer, gettext("Another customer has this external ID."), is_known_new=is_known_new)


def _check_contact(customer: Customer, numbers: Sequence[str]) -> None:
    if not (customer.contact_name or numbers):
        raise InvalidInput.of("name", gettext("Enter a name, a company, or a phone number."))


def _replace_lists(customer: Customer, lists: Mapping[str, Any]) -> bool:
    """Replace the given lists; returns whether one of them differs."""
    changed = False
    if "phones" in lists:
        changed |= _replace_phones(customer, lists["phones"])
    if "addresses" in lists:
        changed |= _replace_addresses(customer, lists["addresses"])
    if lists.keys() & {"preferred", "refused"}:
        preferred, refused = lists.get("preferred", customer.preferred), lists.get("refused", customer.refused)
        changed |= _replace_preferences(customer, preferred, refused)
    return changed


def _replace_phones(customer: Customer, phones: Sequence[Mapping[str, Any]]) -> bool:
    rows = _phones(customer, phones)
    if [_values(row, PHONE) for row in customer.phones.all()] == [_values(row, PHONE) for row in rows]:
        return False
    customer.phones.all().delete()
    CustomerPhone.objects.bulk_create(rows)
    return True


def _phones(customer: Customer, phones: Sequence[Mapping[str, Any]]) -> list[CustomerPhone]:
    """The rows of phone numbers, checked."""
    _check_length("phones", phones, MOST_PHONES)
    rows = [_phone(customer, position, phone) for position, phone in enumerate(phones)]
    for row in rows:
        row.clean_fields(exclude=["customer"])
    if len({(row.number, row.extension) for row in rows}) < len(rows):
        raise InvalidInput.of("phones", gettext("The same phone number is entered twice."))
    return rows


def _phone(customer: Customer, position: int, values: Mapping[str, Any]) -> CustomerPhone:
    """The row of a typed number. An extension in the text counts unless there is one of its own."""
    typed = parse_phone(values["number"]) or PhoneNumber(values["number"])
    return CustomerPhone(
        customer=customer,
        position=position,
        number=typed.number,
        extension=values.get("extension", "") or typed.extension,
        kind=values.get("kind", CustomerPhone.Kind.OTHER),
    )


def _replace_addresses(customer: Customer, addresses: Sequence[Mapping[str, Any]]) -> bool:
    """Replace the addresses. An unchanged address keeps its row, because jobs refer to it."""
    present = {_values(address, PLACE): address for address in customer.addresses.all()}
    kept = {_values(row, PLACE): row for row in _addresses(customer, addresses)}
    if present.keys() == kept.keys():
        return False
    for key in present.keys() - kept.keys():
        present[key].delete()
    CustomerAddress.objects.bulk_create(row for key, row in kept.items() if key not in present)
    return True


def _addresses(customer: Customer, addresses: Sequence[Mapping[str, Any]]) -> list[CustomerAddress]:
    """The rows of addresses, checked, each place once."""
    _check_length("addresses", addresses, MOST_ADDRESSES)
    rows = [CustomerAddress(customer=customer, **address) for address in addresses]
    for row in rows:
        row.derive_time_zone()
        row.clean_fields(exclude=["customer"])
        check_location(row)
    return list({_values(row, PLACE): row for row in rows}.values())


def _replace_preferences(customer: Customer, preferred: Iterable[UUID], refused: Iterable[UUID]) -> bool:
    kinds = {"preferred": list(dict.fromkeys(preferred)), "refused": list(dict.fromkeys(refused))}
    if set(kinds["preferred"]) & set(kinds["refused"]):
        raise InvalidInput.of("refused", gettext("A contractor can be either preferred or refused, not both."))
    pairs = {(contractor, kind) for kind, contractors in kinds.items() for contractor in contractors}
    present = _preferences_of(customer)
    if pairs == present:
        return False
    for name, contractors in kinds.items():
        _check_length(name, contractors, MOST_PREFERENCES)
        if Contractor.objects.filter(pk__in=contractors).count() != len(contractors):
            raise InvalidInput.of(name, gettext("There is no contractor with one of these IDs."))
    for contractor, kind in present - pairs:
        customer.preferences.filter(contractor=contractor, kind=kind).delete()
    Preference.objects.bulk_create(
        Preference(customer=customer, contractor_id=contractor, kind=kind)
        for contractor, kind in sorted(pairs - present)
    )
    return True


def _preferences_of(customer: Customer) -> set[tuple[UUID, str]]:
    return set(customer.preferences.values_list("contractor_id", "kind"))


def _publish_preferences(customer: Customer, before: set[tuple[UUID, str]], actor: User | None) -> None:
    """Send `preferences_changed` unless the preferences are still those of `before`."""
    changed = before ^ _preferences_of(customer)
    if changed:
        refused = {contractor for contractor, kind in changed if kind == Preference.Kind.REFUSED}
        preferences_changed.send(sender=Customer, customer=customer, refused=refused, actor=actor)


def _check_length(name: str, items: Sequence[Any], most: int) -> None:
    if len(items) > most:
        message = ngettext("Enter at most {count} item.", "Enter at most {count} items.", most)
        raise InvalidInput.of(name, message.format(count=most))


def _values(row: Any, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)
