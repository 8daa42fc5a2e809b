"""README.md and README.ko.md say the same: the commands, the figures and the links."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENGLISH, KOREAN = ROOT / "README.md", ROOT / "README.ko.md"
FENCE = re.compile(r"^```\w*\n(.*?)^```", flags=re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")
REMEDY = "README.ko.md is the Korean of README.md: change both"


def sections(page):
    """Text of each section, the first before any heading."""
    return re.split(r"^## .*\n", page.read_text(encoding="utf-8"), flags=re.M)


def commands(text):
    """Lines of code blocks without what is behind a comment's sign."""
    lines = [line for block in FENCE.findall(text) for line in block.split("\n")]
    return [re.sub(r"\s{2,}#.*", "", line).rstrip() for line in lines]


def numbers(text):
    """Digits outside of code blocks, links and names in code."""
    plain = re.sub(r"`[^`\n]*`", "", LINK.sub("](", FENCE.sub("", text)))
    return set(NUMBER.findall(re.sub(r"[A-Za-z][\w-]*\d\w*", "", plain)))


def names(text):
    """What stands in code within sentences, such as files and commands."""
    return set(re.findall(r"`([^`\n]+)`", FENCE.sub("", text)))


def links(text):
    return sorted(LINK.findall(text))


@pytest.mark.parametrize("found", [commands, numbers, names, links], ids=lambda f: f.__name__)
def test_both_languages_have_the_same(found):
    pairs = list(zip(sections(ENGLISH), sections(KOREAN), strict=True))
    for place, (english, korean) in enumerate(pairs):
        first, second = found(english), found(korean)
        if place == 0 and found is links:
            first.remove("README.ko.md")
            second.remove("README.md")
        only_english = [each for each in first if each not in second]
        only_korean = [each for each in second if each not in first]
        heading = re.findall(r"^## .*", ENGLISH.read_text(encoding="utf-8"), flags=re.M)
        where = heading[place - 1] if place else "the beginning"
        message = f"{where}: only in English {only_english}, only in Korean {only_korean}. {REMEDY}"
        assert first == second, message


def test_tables_have_as_many_rows():
    texts = [page.read_text(encoding="utf-8") for page in (ENGLISH, KOREAN)]
    rows = [re.findall(r"^\|.*", text, flags=re.M) for text in texts]
    assert len(rows[0]) == len(rows[1]), REMEDY


def test_links_of_the_korean_page_lead_to_files():
    targets = [link.split("#")[0] for link in links(KOREAN.read_text(encoding="utf-8"))]
    assert [t for t in targets if "://" not in t and not (ROOT / t).exists()] == []
