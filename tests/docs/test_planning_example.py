"""The numbers of the example in docs/planning.md are correct."""

from decimal import Decimal

from assignments.scoring import Weights, availability_part, distance_part, hundredths, rating_part, score
from recommendations.planning.objective import fairness_price, priority_worth, travel_price
from smartscheduler import BASE_DIR
from smartscheduler.rules.values import UNIT, Rules

PAGE = (BASE_DIR / "docs" / "planning.md").read_text()
RULES = Rules.of_settings()


def points(miles: float, days: int) -> int:
    return score(
        availability=availability_part(days),
        rating=rating_part(hundredths(Decimal("4.50"))),
        distance=distance_part(miles, RULES.max_miles),
        weights=Weights.of(RULES),
    ).total


def shown(units: int) -> str:
    return f"{units / UNIT:.4f}"


def test_the_rows_and_their_sum() -> None:
    urgent = priority_worth("urgent", RULES) + points(2, 0)
    price = travel_price(8, RULES)
    medium = priority_worth("medium", RULES) + points(10, 0) - price - fairness_price(1, RULES)
    assert f"= {shown(points(2, 0))} | 0 | 0 | {shown(urgent)} |" in PAGE
    assert f"= {shown(points(10, 0))} | 8 × {shown(travel_price(1, RULES))} = {shown(price)} |" in PAGE
    assert f"| {shown(fairness_price(1, RULES))} | {shown(medium)} |" in PAGE
    assert f"| **{shown(urgent + medium)}** |" in PAGE


def test_the_other_day_is_worth_the_same() -> None:
    other = priority_worth("medium", RULES) + points(10, 1) - fairness_price(1, RULES)
    assert f"1.5 + {shown(points(10, 1))} − 0.01 = {shown(other)}" in PAGE


def test_the_default_prices() -> None:
    prices = RULES.prices
    worths = [prices.worth_low, prices.worth_medium, prices.worth_high, prices.worth_urgent]
    low, medium, high, urgent = (worth / UNIT for worth in worths)
    assert f"low {low}, medium {medium}, high {high}, urgent {urgent}" in PAGE
    moved = f"{prices.price_contractor / UNIT} another contractor; {prices.price_day / UNIT:.2f} another day"
    assert f"{moved}, or {prices.price_time / UNIT} another time" in PAGE
