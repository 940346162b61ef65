import pytest

from apps.sentiment.ptb import detokenize, labelled_phrases


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("It 's a lovely film .", "It's a lovely film."),
        ("He does n't , we ca n't , I 'd , they 'll .", "He doesn't, we can't, I'd, they'll."),
        ("Why can not it end ?", "Why cannot it end?"),
        ("-LRB- Næs -RRB- directed the version", "(Næs) directed the version"),
        ("the new `` Conan '' and", 'the new "Conan" and'),
        ("says `` the self , '' he", 'says "the self," he'),
        ("sense of ` there , ' it", "sense of 'there,' it"),
        ("the filmmakers ' eye", "the filmmakers' eye"),
        ("-LRB- ' I speak", "('I speak"),
        ("Writer\\/director Romanek", "Writer/director Romanek"),
        ("laugh their \\*\\*\\* off", "laugh their *** off"),
        ("a $ 40 million version of Bar # 3", "a $40 million version of Bar #3"),
        ("Jaglom ... put us", "Jaglom... put us"),
        ("... takes the beauty", "...takes the beauty"),
        ("courage -- and complicity -- at", "courage -- and complicity -- at"),
        ("of the '60s , get 'em", "of the '60s, get 'em"),
        ("really !? No : yes ; 50 %", "really!? No: yes; 50%"),
        ("2\xa01\\/2 stars", "2 1/2 stars"),
        ("n't", "n't"),
        ("", ""),
    ],
)
def test_detokenize(tokens, text):
    assert detokenize(tokens) == text


def test_every_node_is_a_phrase():
    line = "(3 (2 It) (4 (3 (2 's) (3 good)) (2 .)))"
    assert labelled_phrases(line) == [
        (3, "It 's good ."),
        (2, "It"),
        (4, "'s good ."),
        (3, "'s good"),
        (2, "'s"),
        (3, "good"),
        (2, "."),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("(3 (2 It) (4 works)", "unbalanced brackets: 1 not closed"),
        ("(3 It))", "one '\\)' too many"),
        ("(7 It)", "label from 0 to 4 after '\\(', got '7'"),
        ("(3 (2 It)) (1 Not)", "one tree"),
        ("(3 (2))", "without any"),
        ("It works", "outside of brackets"),
        ("", "empty line"),
        ("(", "got ''"),
    ],
)
def test_malformed_trees(line, message):
    with pytest.raises(ValueError, match=message):
        labelled_phrases(line)
