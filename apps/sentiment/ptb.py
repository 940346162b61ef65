"""Penn Treebank text and trees, as the Stanford Sentiment Treebank uses them."""

import re

_ESCAPES = {
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
    "``": '"',
    "''": '"',
    "`": "'",
}
_OPENS = {"-LRB-", "-LSB-", "-LCB-", "``", "`", "$", "#"}
_CLOSES = re.compile(r"[.,;:!?%]+|''?|-R[RSC]B-|n't|'(s|re|ve|ll|d|m)", re.IGNORECASE)
_MAY_OPEN = {"'", "..."}  # they open when nothing or an opening bracket is before them
_TREE_TOKEN = re.compile(r"[()]|[^ ()]+")


def detokenize(text):
    r"""Returns Penn Treebank tokens, joined by spaces, as the natural text that they came from.

    Escapes are undone (`-LRB-` is `(`, ``` `` ``` and `''` are `"`, `\/` is `/`, `\*` is `*`).
    Clitics (`is n't`, `it 's`, `can not`) and closing marks (`. , ! ? ; : ) '' ...`) join the word
    before, opening marks (`(`, ``` `` ```, `$`, `#`) the word after. A lone `'` closes, as in
    `the filmmakers ' eye`, unless it begins the text or follows an opening mark.

    Args:
        text: A string of tokens with single spaces in between.

    Example:
        >>> detokenize("It is n't `` art '' -LRB- or is it ? -RRB- .")
        'It isn\'t "art" (or is it?).'
    """
    result = ""
    glued = True  # whether the next token joins what is before it
    for token in text.split(" "):
        opens = token in _OPENS or (token in _MAY_OPEN and glued)
        joins = glued or (not opens and _CLOSES.fullmatch(token))
        word = _ESCAPES.get(token, token).replace("\\/", "/").replace("\\*", "*")
        result += word if joins else f" {word}"
        glued = opens
    result = result.replace("\xa0", " ")  # inside a token: 1\xa01/2
    return re.sub(r"\b([Cc])an not\b", r"\1annot", result)


def labelled_phrases(line):
    """Returns every node of a sentiment tree as `(label, tokens)`, the root first.

    Args:
        line: A tree such as `(3 (2 It) (4 (4 works) (2 !)))`.

    Raises:
        ValueError: The tree is malformed; the message says how.

    Example:
        >>> labelled_phrases("(3 (2 It) (4 works))")
        [(3, 'It works'), (2, 'It'), (4, 'works')]
    """
    tokens = _TREE_TOKEN.findall(line)
    nodes, open_nodes, words = [], [], []
    for position, token in enumerate(tokens):
        if token == "(":
            label = tokens[position + 1] if position + 1 < len(tokens) else ""
            if label not in {"0", "1", "2", "3", "4"}:
                raise ValueError(f"expected a label from 0 to 4 after '(', got {label!r}")
            if nodes and not open_nodes:
                raise ValueError("expected one tree, got text after its closing bracket")
            open_nodes.append((len(nodes), len(words)))
            nodes.append((int(label), None))
        elif token == ")":
            if not open_nodes:
                raise ValueError("unbalanced brackets: one ')' too many")
            index, start = open_nodes.pop()
            if start == len(words):
                raise ValueError("expected words in every node, got a node without any")
            nodes[index] = (nodes[index][0], " ".join(words[start:]))
        elif not open_nodes:
            raise ValueError(f"expected a tree '(LABEL ...)', got {token!r} outside of brackets")
        elif tokens[position - 1] != "(":  # after a bracket it is the label, read already
            words.append(token)
    if open_nodes:
        raise ValueError(f"unbalanced brackets: {len(open_nodes)} not closed")
    if not nodes:
        raise ValueError("expected a tree, got an empty line")
    return nodes
