"""Relations: each by a small pair of texts, and the guards that keep what only looks like a copy apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.core.copies.comparison import Verdict, Weighing, compare
from tasks.core.copies.evidence import Side

Compared = Callable[..., Verdict | None]

UPDATE = [
    "Work on the cracked pier of the Harrow Bridge began on Tuesday, a day after the crossing was closed, and commuters queued for up "
    "to two hours at the only other bridge in the county.",
    "Three cranes were floated up the Tamsin overnight. The contractor, Bellweather Marine, said it would drive steel sheets into the "
    "river bed before the water around the pier is pumped out.",
    "“The river decides how fast we are,” said Tom Eke, who runs the site. He hopes to see the whole crack by the weekend, and to know "
    "by then whether the stone below it has moved as well.",
    "Prime Minister Alice Thorne, who grew up in Marlow, promised help for firms that lose trade. A spokesman for the treasury would not "
    "say how much, or from which of its funds the money would come.",
]

MARKET = (
    "{name} shares closed {move} {points} points at {level} on {day}, with {volume} million shares changing hands. Gainers led losers "
    "by {gain} to {loss}. Brokers said {leader} was the most active stock of the session, ending at {price}. The all-share index stood "
    "at {index} at the close, against {before} the day before, and the rand was quoted at {rate} to the dollar. Gold was fixed at "
    "{gold} an ounce in London in the afternoon."
)
MONDAY = {
    "name": "Pretoria", "move": "up", "points": "41", "level": "6,512", "day": "Monday", "volume": "14", "gain": "88", "loss": "61",
    "leader": "Impala", "price": "52.10", "index": "8,341", "before": "8,302", "rate": "4.51", "gold": "351",
}  # fmt: skip
FRIDAY = {
    "name": "Pretoria", "move": "down", "points": "17", "level": "6,377", "day": "Friday", "volume": "9", "gain": "40", "loss": "102",
    "leader": "Sasol", "price": "41.75", "index": "8,190", "before": "8,215", "rate": "4.47", "gold": "349",
}  # fmt: skip


def said(verdict: Verdict | None) -> tuple[str, bool] | None:
    return None if verdict is None else (verdict.relation, verdict.is_merging)


def edited(paragraphs: list[str]) -> list[str]:
    """Return a text as another desk would print it: cut, with words swapped in every paragraph."""
    swaps = {
        "shut to all traffic": "closed to traffic", "kept them from seeing": "stopped them from seeing", "said that repairs": "added that repairs",
        "A temporary ferry": "A ferry", "fear the worst": "are worried", "from the old coal wharf": "from the coal wharf",
    }  # fmt: skip
    texts = [paragraph for number, paragraph in enumerate(paragraphs) if number not in (7, 9)]
    for old, new in swaps.items():
        texts = [text.replace(old, new) for text in texts]
    return texts


def test_the_same_words_are_identical(compared: Compared, report: list[str]) -> None:
    assert said(compared(report, [" ".join(report).upper()])) == ("identical", True)


def test_a_cut_and_edited_text_is_a_copy(compared: Compared, report: list[str]) -> None:
    verdict = compared(report, [*edited(report), "Additional reporting by our staff in Marlow."])
    assert said(verdict) == ("copy", True)
    assert verdict is not None
    assert 0.7 < verdict.share_of_a < verdict.share_of_b < 1
    assert verdict.passages


def test_the_first_paragraphs_are_an_excerpt(compared: Compared, report: list[str]) -> None:
    verdict = compared(report, report[:3])
    assert said(verdict) == ("excerpt_of", True)
    assert verdict is not None
    assert verdict.share_of_b == 1.0


def test_a_text_that_carries_an_earlier_one_whole_contains_it(compared: Compared, report: list[str]) -> None:
    assert said(compared(report[:3], report)) == ("contains", True)


def test_a_round_up_contains_what_it_is_not_about(compared: Compared, report: list[str], other_report: list[str]) -> None:
    round_up = [*other_report, *(paragraph[::-1] for paragraph in report), *report[5:7]]
    assert said(compared(report[5:7], round_up, outlets=("Post", "Post"))) == ("passage", False)
    assert said(compared([report[2], *report[5:7]], [*round_up, *other_report])) == ("contains", False)


def test_a_later_state_with_some_of_the_old_paragraphs_is_a_variant(compared: Compared, report: list[str]) -> None:
    verdict = compared(report, [*UPDATE, report[1], report[4], report[6]])
    assert said(verdict) == ("variant", True)


def test_a_later_state_days_later_is_no_variant(compared: Compared, report: list[str]) -> None:
    assert said(compared(report, [*UPDATE, report[1], report[4], report[6]], days=9)) == ("passage", False)


def test_other_words_in_the_same_order_are_a_rewrite(compared: Compared) -> None:
    before = [
        "Divers discovered a crack in the northern pier of the Harrow Bridge on Monday and the council closed the crossing to lorries, "
        "buses and cars. Engineers hired after a gravel barge struck the foundations in February could see only the top two metres "
        "in murky water. Repairs may last until October and cost six million pounds, which the barge insurer should pay. A ferry for "
        "pedestrians starts on Wednesday from the coal wharf with boats every twenty minutes until eleven at night. Shopkeepers on "
        "the southern bank fear for their takings, which fell by a third during painting five years ago, when two bakeries shut. "
        "Ambulances from Easter Hill hospital were moved south, schools begin lessons half an hour later and pupils across the "
        "river may study from home. The steel arch of 1931 carried trams until 1958 and was strengthened in 1987.",
    ]
    after = [
        "On Monday, divers have discovered a large crack in Harrow Bridge’s northern pier. The council then closed this crossing for "
        "lorries, buses or cars. The engineers, hired when one gravel barge had struck its foundations during February, saw just the "
        "top two or three metres through murky water. The repairs might last till October; their cost is put at six million pounds "
        "that the barge’s insurer ought to pay. One ferry, for pedestrians only, starts Wednesday at the old coal wharf; boats leave "
        "every twenty minutes, up to eleven each night. Many shopkeepers of the southern bank now fear for takings: those fell a full "
        "third while painting went on, five years back, and two bakeries had shut. Easter Hill’s hospital moved some ambulances "
        "south; schools will begin their lessons half an hour late; pupils living across the river could study at home. A steel arch "
        "built 1931, it carried trams through 1958, then was strengthened during 1987.",
    ]
    assert said(compared(before, after)) == ("rewrite", True)


def test_one_shared_paragraph_is_a_passage(compared: Compared, report: list[str], other_report: list[str]) -> None:
    assert said(compared(report, [*other_report, report[10]])) == ("passage", False)


def test_a_shared_statement_is_quotes_only(compared: Compared, report: list[str], other_report: list[str]) -> None:
    statement = (
        "“We are sorry for every hour that people lose because of this, and we will publish what the divers saw, every picture of "
        "it, so that nobody has to take our word,” the council said."
    )
    assert said(compared([*report, statement], [*other_report, statement])) == ("quotes_only", False)


def test_a_common_phrase_says_nothing(compared: Compared, report: list[str], other_report: list[str]) -> None:
    phrase = "All of this was known at the end of the day."
    assert compared([*report, phrase], [*other_report, phrase]) is None


@pytest.mark.parametrize("days", [0.2, 4.0], ids=["the same day", "days later"])
def test_a_template_with_other_names_and_numbers_is_boilerplate(compared: Compared, days: float) -> None:
    assert said(compared([MARKET.format(**MONDAY)], [MARKET.format(**FRIDAY)], days=days)) == ("boilerplate", False)


@pytest.mark.parametrize(
    ("days", "expected"), [(0.2, ("identical", True)), (4.0, ("boilerplate", False))], ids=["a correction", "the next issue"]
)
def test_a_brief_with_one_other_number_is_the_next_of_its_series_only_days_later(
    compared: Compared, days: float, expected: tuple[str, bool]
) -> None:
    assert said(compared([MARKET.format(**MONDAY)], [MARKET.format(**MONDAY | {"gold": "355"})], days=days)) == expected


def test_an_updated_figure_here_and_there_is_no_template(compared: Compared, report: list[str]) -> None:
    later = [
        paragraph.replace("23,000", "24,500").replace("4 and 6 million", "5 and 9 million").replace("October", "December")
        for paragraph in report[:7]
    ]
    assert said(compared(report, [*UPDATE, *later])) == ("copy", True)


def test_text_that_is_all_boilerplate_is_no_copy(side: Callable[..., Side], report: list[str], other_report: list[str]) -> None:
    one = side([*report[5:7], "It rained on Monday."], "a", outlet="Post", boilerplate=[0, 1])
    other = side([*report[5:7], *other_report], "b", outlet="Times", days=0.1, boilerplate=[0, 1])
    assert said(compare(one, other, Weighing())) == ("boilerplate", False)


def test_a_form_with_another_number_is_boilerplate_the_same_day(side: Callable[..., Side]) -> None:
    one = side([MARKET.format(**MONDAY)], "a", outlet="Post", boilerplate=[0])
    other = side([MARKET.format(**MONDAY | {"gold": "355"})], "b", outlet="Post", days=0.1, boilerplate=[0])
    assert said(compare(one, other, Weighing())) == ("boilerplate", False)


def test_an_outlet_that_recycles_its_background_follows_up(compared: Compared, report: list[str]) -> None:
    follow_up = [*UPDATE, report[1], report[4], report[6]]
    assert said(compared(report, follow_up, days=1.5, outlets=("Post", "Post"))) == ("passage", False)
    assert said(compared(report, follow_up, days=1.5)) == ("variant", True)


def test_a_text_of_other_names_is_no_copy(compared: Compared, report: list[str]) -> None:
    names = {"Harrow": "Selby", "Tamsin": "Ouse", "Little Marlow": "Great Ayton", "Ruth Amadi": "Ian Falk", "Amadi": "Falk", "Easter Hill": "Norton",
             "Colm Price": "Jo Lund", "23,000": "9,500", "Monday": "Friday", "February": "June", "October": "March", "1931": "1902", "1958": "1949",
             "1987": "1990"}  # fmt: skip
    renamed = report[:7]
    for old, new in names.items():
        renamed = [paragraph.replace(old, new) for paragraph in renamed]
    verdict = compared(report[:7], renamed)
    assert verdict is not None
    assert not verdict.is_merging


@pytest.mark.parametrize("days", [0.0, 0.5, 20.0], ids=["together", "half a day apart", "weeks apart"])
def test_times_of_capture_neither_join_nor_part_texts(compared: Compared, report: list[str], other_report: list[str], days: float) -> None:
    weak = [*UPDATE, *other_report[:2], report[1], report[4]]
    sure = [*UPDATE, report[1], report[4], report[6]]
    assert said(compared(report, weak)) == ("variant", True)
    assert said(compared(report, weak, days=days, is_dated=False)) == ("passage", False)
    assert said(compared(report, sure, days=days, is_dated=False)) == ("variant", True)


def test_which_text_is_called_a_does_not_decide_whether_they_merge(compared: Compared, report: list[str]) -> None:
    later = [*UPDATE, report[1], report[4], report[6]]
    texts = [report, later, edited(report), report[:3]]
    for one in texts:
        for other in texts:
            there, back = compared(one, other, days=0.0), compared(other, one, days=0.0)
            assert there is not None
            assert back is not None
            assert there.is_merging == back.is_merging
            assert (there.share_of_a, there.share_of_b) == (back.share_of_b, back.share_of_a)


def test_texts_too_short_for_a_shingle_are_not_compared(compared: Compared) -> None:
    assert compared(["Four words, no more."], ["Four words, no more."]) is None
