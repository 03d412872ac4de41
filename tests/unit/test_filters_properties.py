"""Parser, printer and evaluator hold together on filters and data that nobody thought of."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dlambda.domain.rules.filter_language.parser import parse
from dlambda.domain.rules.filter_language.tree import And, Comparison, Or, Presence, all_of, any_of
from dlambda.domain.rules.filters import FilterError, compile_filter
from tests.unit.filter_printer import print_filter

KEYS = st.sampled_from(["title", "duration", "tags", "is_live", "missing", "a_b"])
QUANTITIES = st.sampled_from(["600", "-5", "1.5", "1MB", "2m", "10:00", "PT1H", "1kB"])
WORDS = st.sampled_from(["public", "x-y", "BBC:", "a.b", "1080p", "!x", "é", "UC_x"])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["a&b", "a || b", "(x)", "it's", 'say "hi"', "back\\slash", "ends\\", "\\'", "''", "\n", "24", "?", "=x"]
)
PATTERNS = st.sampled_from([r"(?i)^a", r"a\.b", r"it's", r"x \| y", "[&'x]", r"\\", r"\\'", "^(?!b)", r"\d+", "é+"])


def comparison(operators, values, *, quoted):
    return st.builds(
        Comparison, KEYS, st.sampled_from(operators), values, st.booleans(), st.booleans(), st.just(quoted)
    )


def orders_a_text(test):
    """Such as `duration>public`, which the parser refuses."""
    return test.key == "duration" and test.operator in {"<", "<=", ">", ">="}


TESTS = st.one_of(
    st.builds(Presence, KEYS, st.booleans()),
    comparison(["=", "<", "<=", ">", ">="], QUANTITIES, quoted=False),
    comparison(["=", "<", "<=", ">", ">="], QUANTITIES, quoted=True),
    comparison(["=", "<", "<=", ">", ">="], WORDS, quoted=False).filter(lambda test: not orders_a_text(test)),
    comparison(["=", "<", "<=", ">", ">="], TEXTS, quoted=True).filter(lambda test: not orders_a_text(test)),
    comparison(["*=", "^=", "$="], WORDS, quoted=False),
    comparison(["*=", "^=", "$="], TEXTS, quoted=True),
    comparison(["~="], PATTERNS, quoted=True),
)
TREES = st.recursive(
    TESTS,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(all_of) | st.lists(inner, min_size=2, max_size=3).map(any_of)
    ),
    max_leaves=8,
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 4000), st.floats(0, 4000), TEXTS, WORDS, QUANTITIES,
    st.lists(TEXTS | WORDS, max_size=3),
)  # fmt: skip
DATA = st.dictionaries(KEYS, VALUES, max_size=6)


def answer(text, data):
    try:
        return compile_filter(text).matches(data)
    except FilterError as error:
        return error.message


@given(TREES)
def test_what_is_printed_is_read_back(tree):
    assert parse(print_filter(tree)) == tree


@given(TREES)
def test_there_is_one_canonical_form(tree):
    printed = print_filter(tree)
    assert print_filter(compile_filter(printed).tree) == printed


@given(TREES, DATA)
@settings(max_examples=300)
def test_a_filter_means_what_its_parts_mean(tree, data):
    """A second evaluator, written down as plainly as the contract says it, agrees with the compiled one."""

    def plainly(node):
        match node:
            case And(parts):
                return all(plainly(part) for part in parts)
            case Or(parts):
                return any(plainly(part) for part in parts)
            case Presence(key, negated):
                value = data.get(key)
                present = value if isinstance(value, bool) else value is not None
                return present != negated
            case Comparison(key=key, accepts_missing=accepts) if data.get(key) is None:
                return accepts
            case Comparison(negated=True):
                positive = Comparison(node.key, node.operator, node.value, False, node.accepts_missing, node.quoted)
                return not plainly(positive)
            case _:
                found = answer(print_filter(node), data)
                if isinstance(found, str):
                    raise FilterError(found)
                return found

    try:
        expected = plainly(tree)
    except FilterError as error:
        expected = error.message
    assert answer(print_filter(tree), data) == expected


@given(st.text(st.sampled_from(list("ab_= <>!?&|()'\"\\~*^$1m:")), max_size=24))
@settings(max_examples=1000)
def test_any_text_is_read_or_refused_and_never_anything_else(text):
    try:
        compiled = compile_filter(text)
    except FilterError as error:
        position = error.position
        assert position is None or 0 <= position <= len(text)
    else:
        assert parse(print_filter(compiled.tree)) == compiled.tree
