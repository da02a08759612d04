"""Of a PromQL expression, what it reads: vector selectors and the labels that it groups and matches by. Not a parser of the whole
language: Prometheus itself says whether an expression is one (promtool check rules, and the live test)."""
import dataclasses
import re

TOKEN = re.compile(r"""
    (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?:ms|[smhdwy](?:\d+(?:ms|[smhdwy]))*)?|0x[0-9a-fA-F]+)
  | (?P<variable>\$\w+|\$\{\w+(?::\w+)?\})
  | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
  | (?P<operator>=~|!~|!=|==|<=|>=|[-+*/%^<>=(){}\[\],@:])
  | (?P<comment>\#[^\n]*)
  | (?P<space>\s+)
""", re.VERBOSE)

GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = GROUPING | {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"}


@dataclasses.dataclass(frozen=True)
class Selector:
    """One vector selector: the metric's name and its matchers as (label, operator, value), value with its quotes."""
    name: str
    matchers: tuple

    def text(self):
        return self.name + ("{" + ", ".join(a + op + value for a, op, value in self.matchers) + "}" if self.matchers else "")


def tokens(expression):
    """(kind, text) of each token but blanks and comments. ValueError where there is none."""
    found, at = [], 0
    while at < len(expression):
        match = TOKEN.match(expression, at)
        if not match:
            raise ValueError(f"no token of PromQL at {expression[at:at + 20]!r}")
        at = match.end()
        if match.lastgroup not in ("space", "comment"):
            found.append((match.lastgroup, match.group()))
    return found


def until(found, at, closing):
    """The tokens from `at` up to `closing`, and where what follows it begins."""
    end = at
    while found[end][1] != closing:
        end += 1
    return found[at:end], end + 1


def matchers_of(inner):
    """Of the tokens between braces."""
    matchers = []
    for i in range(0, len(inner), 4):
        label, operator, value = (text for _, text in inner[i:i + 3])
        matchers.append((label, operator, value))
    return tuple(matchers)


def read(expression):
    """(selectors, labels): the vector selectors in their order, and the set of labels in by(), on() and the like."""
    found = tokens(expression)
    selectors, labels, at = [], set(), 0
    while at < len(found):
        kind, text = found[at]
        follows = found[at + 1][1] if at + 1 < len(found) else ""
        at += 1
        if text == "[":
            _, at = until(found, at, "]")
        elif kind != "name":
            continue
        elif text.lower() in GROUPING and follows == "(":
            inner, at = until(found, at + 1, ")")
            labels |= {name for kind, name in inner if kind == "name"}
        elif text.lower() in WORDS or follows in ("(", "by", "without"):
            continue  # a word, a function or an aggregation
        else:
            inner = []
            if follows == "{":
                inner, at = until(found, at + 1, "}")
            selectors.append(Selector(text, matchers_of(inner)))
    return selectors, labels


def unknown(expression, known):
    """What an expression names that `known` (series -> labels, see catalogue.py) has not, in words."""
    selectors, labels = read(expression)
    wrong = [f"{s.name} is no series" for s in selectors if s.name not in known]
    there = set().union(*(known.get(s.name, set()) for s in selectors)) if selectors else set()
    for selector in selectors:
        has = known.get(selector.name, set())
        wrong += [f"{selector.name} has no label {label}" for label, _, _ in selector.matchers if label not in has]
    return wrong + [f"no series of it has the label {label}" for label in sorted(labels - there)]
