"""Several completions of one prompt with scores or ranks.

Each family is read into completions with a number, the higher the better; what is asked of them,
pairs, the best of each set, or a ranking, follows in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from prefmath.io._formats.fields import annotator_of, first_of, number, parsed, text_of
from prefmath.io._formats.messages import as_messages, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from prefmath.io._records.collector import Collector

__all__ = ["Judged", "add", "add_judged", "recognises"]


class Judged(NamedTuple):
    """Completions of a prompt as one annotator judged them: text, model, score."""

    prompt: str
    completions: Sequence[tuple[str | None, Any, float | None]]
    annotator: Any = None
    about: dict[str, Any] = {}  # noqa: RUF012 -- never written to


def recognises(fields: Mapping[str, Any]) -> bool:
    """Whether a record is of this family."""
    return any(needed <= fields.keys() for needed, _ in _FAMILIES)


def add(record: Mapping[str, Any], row: int, out: Collector, layout: str = "pairs") -> None:
    """Add what a record says, in the layout asked for."""
    for needed, judged_of in _FAMILIES:
        if needed <= record.keys():
            for judged in judged_of(record):
                add_judged(judged, row, out, layout)
            return


def add_judged(judged: Judged, row: int, out: Collector, layout: str) -> None:
    """Add judgements of completions: every pair, the best one, or all in order."""
    told: dict[str, tuple[Any, float]] = {}
    for text, model, score in judged.completions:
        if text is None or not text.strip():
            out.drop(row, "a completion is missing or empty")
        elif score is None:
            out.drop(row, "a completion has no score")
        elif text in told and told[text][1] != score:
            out.drop(row, "a text stands twice with scores that differ, of which the first counts")
        else:
            told.setdefault(text, (model, score))
    if len(told) < 2:
        out.drop(row, "fewer than two completions can be compared")
        return
    # Best first; those of equal scores stay in the order of the record.
    ranked = sorted(told.items(), key=lambda each: -each[1][1])
    scores = [score for _, (_, score) in ranked]
    tied = len(set(scores)) < len(scores)
    if layout == "rankings" and tied:
        out.drop(row, "scores are tied, which no ranking can hold (read it as pairs)")
        return
    if layout == "choice_sets" and scores[0] == scores[1]:
        out.drop(row, "the best scores are tied")
        return
    prompt = out.prompt(judged.prompt)
    items = [
        out.response(prompt, text, **({} if model is None else {"model": model}))
        for text, (model, _) in ranked
    ]
    about = {"prompt": prompt, "annotator": judged.annotator, **judged.about}
    if layout == "rankings":
        out.ranking(row, items, len(items), **about)
    elif layout == "choice_sets":
        out.choice(row, items, items[0], **about)
    else:
        for i, better in enumerate(items):
            for j in range(i + 1, len(items)):
                strength = scores[i] - scores[j]
                out.pair(
                    row, better, items[j], tie=strength == 0, **{"strength": strength, **about}
                )


def _ultrafeedback(record: Mapping[str, Any]) -> Iterator[Judged]:
    completions = []
    for each in record["completions"] or ():
        ratings = [
            number(of.get("Rating"))
            for of in (each.get("annotations") or {}).values()
            if isinstance(of, dict)
        ]
        known = [rating for rating in ratings if rating is not None]
        score = number(each.get("overall_score"))
        if score is None and known:
            score = sum(known) / len(known)
        completions.append((text_of(each.get("response")), each.get("model"), score))
    yield Judged(str(record["instruction"]), completions)


def _nectar(record: Mapping[str, Any]) -> Iterator[Judged]:
    completions = [
        (text_of(each.get("answer")), each.get("model"), _negative(number(each.get("rank"))))
        for each in record["answers"] or ()
    ]
    yield Judged(str(record["prompt"]), completions)


def _helpsteer2(record: Mapping[str, Any]) -> Iterator[Judged]:
    yield _two(
        record, record["prompt"], ("response_1", "response_2"), record["preference_strength"]
    )


def _helpsteer3(record: Mapping[str, Any]) -> Iterator[Judged]:
    names = ("response1", "response2")
    each = parsed(record.get("individual_preference"))
    if isinstance(each, list) and each and all(isinstance(one, dict) for one in each):
        for one in each:
            yield _two(record, record["context"], names, one.get("score"), annotator_of(one))
        return
    yield _two(record, record["context"], names, record["overall_preference"])


def _two(
    record: Mapping[str, Any],
    prompt: Any,
    names: tuple[str, str],
    preference: Any,
    annotator: Any = None,
) -> Judged:
    """Return two responses; a preference above 0 is of the second."""
    strength = number(preference)
    texts = [text_of(record.get(name)) for name in names]
    models = [record.get(f"model_{side}") for side in "12"]
    scores = (None, None) if strength is None else (-strength / 2, strength / 2)
    who = annotator if annotator is not None else annotator_of(record)
    about = {name: record[name] for name in ("language", "domain") if record.get(name) is not None}
    completions = list(zip(texts, models, scores, strict=True))
    return Judged(_prompt_text(prompt), completions, who, about)


def _nemo_rl(record: Mapping[str, Any]) -> Iterator[Judged]:
    completions = [
        (_said(each.get("completion")), None, _negative(number(each.get("rank"))))
        for each in record["completions"] or ()
    ]
    yield Judged(_prompt_text(record["context"]), completions, annotator_of(record))


_OVERALL = {
    "A-is-clearly-better": 2.0,
    "A-is-slightly-better": 1.0,
    "Tie": 0.0,
    "B-is-slightly-better": -1.0,
    "B-is-clearly-better": -2.0,
}


def _multipref(record: Mapping[str, Any]) -> Iterator[Judged]:
    texts = [text_of(record.get(f"completion_{side}")) for side in "ab"]
    models = [record.get(f"model_{side}") for side in "ab"]
    for kind in ("normal", "expert"):
        for each in parsed(record.get(f"{kind}_worker_annotations")) or ():
            word = each.get("overall_pref")
            if word not in _OVERALL:
                known = ", ".join(_OVERALL)
                raise ValueError(f"overall_pref must be one of {known}, not {word!r}")
            strength = _OVERALL[word]
            scores = (strength / 2, -strength / 2)
            completions = list(zip(texts, models, scores, strict=True))
            prompt = first_of(record, ("text", "prompt")) or ""
            yield Judged(str(prompt), completions, each.get("evaluator"), {"workers": kind})


def _collective_alignment(record: Mapping[str, Any]) -> Iterator[Judged]:
    texts = {}
    for at, each in enumerate(record["responses"]):
        index = each.get("response_index", at)
        letter = index if isinstance(index, str) else chr(ord("A") + int(index))
        texts[letter] = _said(first_of(each, ("messages", "response", "text", "content")))
    prompt = _prompt_text(first_of(record, ("prompt", "messages")))
    for each in (record.get("metadata") or {}).get("assessments") or ():
        for kind, blocks in (each.get("ranking_blocks") or {}).items():
            for block in blocks or ():
                ranks = _ranks(block["ranking"] if isinstance(block, dict) else block)
                completions = [(texts.get(letter), None, -rank) for letter, rank in ranks.items()]
                yield Judged(prompt, completions, each.get("annotator_id"), {"kind": kind})


def _ranks(written: str) -> dict[str, float]:
    """Return the rank of each letter of such as ``B>A=C=D``."""
    ranks: dict[str, float] = {}
    for rank, tied in enumerate(written.replace(" ", "").split(">")):
        for letter in tied.split("="):
            if not letter or letter in ranks:
                raise ValueError(
                    f"ranking must name each response once, as in B>A=C, not {written!r}"
                )
            ranks[letter] = float(rank)
    return ranks


def _alpaca_eval(record: Mapping[str, Any]) -> Iterator[Judged]:
    preference = number(record["preference"])
    scores = (None, None) if preference is None else (1.5 - preference, preference - 1.5)
    completions = [
        (text_of(record.get(f"output_{side}")), record.get(f"generator_{side}"), score)
        for side, score in zip("12", scores, strict=True)
    ]
    yield Judged(str(record.get("instruction") or ""), completions, annotator_of(record))


def _distilabel(record: Mapping[str, Any]) -> Iterator[Judged]:
    texts, ratings = parsed(record["generations"]) or (), parsed(record["ratings"]) or ()
    models = parsed(record.get("generation_models")) or [None] * len(texts)
    if len(texts) != len(ratings) or len(models) != len(texts):
        raise ValueError(
            f"generations and ratings must be of one length, not {len(texts)} and {len(ratings)}"
        )
    completions = [
        (text_of(text), model, number(rating))
        for text, model, rating in zip(texts, models, ratings, strict=True)
    ]
    yield Judged(str(first_of(record, ("instruction", "prompt")) or ""), completions)


def _said(value: Any) -> str | None:
    """Return what a completion says, a text or messages."""
    messages = as_messages(parsed(value))
    return text_of(joined(messages)) if messages is not None else text_of(value)


def _prompt_text(value: Any) -> str:
    messages = as_messages(parsed(value))
    if messages is not None:
        return joined(messages)
    return value if isinstance(value, str) else ""


def _negative(rank: float | None) -> float | None:
    return None if rank is None else -rank


_FAMILIES: tuple[tuple[AbstractSet[str], Callable[[Mapping[str, Any]], Iterator[Judged]]], ...] = (
    ({"instruction", "completions"}, _ultrafeedback),
    ({"prompt", "answers"}, _nectar),
    ({"prompt", "response_1", "response_2", "preference_strength"}, _helpsteer2),
    ({"context", "response1", "response2", "overall_preference"}, _helpsteer3),
    ({"context", "completions"}, _nemo_rl),
    ({"completion_a", "completion_b", "normal_worker_annotations"}, _multipref),
    ({"responses", "metadata"}, _collective_alignment),
    ({"output_1", "output_2", "preference"}, _alpaca_eval),
    ({"generations", "ratings"}, _distilabel),
)
