"""What the app declares; see `apps.registry`."""

from apps.fields import Name, Sentences, Text
from apps.registry import App, Card, Metric

APP = App(
    name="question_answering",
    title="the answer to a question on a story",
    fields={"story": Sentences(), "question": Text(), "answer": Name()},
    x=("story", "question"),
    y=("answer",),
    task="apps.question_answering.task:QuestionAnswerer",
    recipe="apps.question_answering.recipe:QuestionAnsweringRecipe",
    printer="apps.question_answering.show:AnswerPrinter",
    card=Card(
        unit="questions",
        use="""\
answerer = zoo.load("{name}")
story = "Mary went to the garden. John went to the office. Mary got the milk there."
answerer.answer([story], ["Where is the milk?"])""",
        limits="""\
It knows the words and the kinds of sentences of its corpus, which a simulation made, and gives one
of {count} answers, whatever the question: what it does on other texts is a guess. Words that it
never saw are named in the result. Of stories of more than {length} sentences the last are kept.""",
    ),
    metrics={
        "accuracy": Metric(),
        "error": Metric("min"),
        "mean_error": Metric("min", title="mean of the errors of the tasks"),
        "failed_tasks": Metric("min", "count", title="tasks with an error of more than 5%"),
        "support": Metric(
            title="questions whose sentence with the largest weight supports the answer,"
        ),
        "loss": Metric("min", "number"),
    },
    space="apps.question_answering.space:space",
    corpora="apps.question_answering.corpora:CORPORA",
    commands={"ask": "apps.question_answering.command:ask"},
    exports={
        "Answer": "apps.question_answering.task",
        "QuestionAnswerer": "apps.question_answering.task",
        "QuestionAnsweringPreprocessor": "apps.question_answering.preprocessor",
        "datasets.read_babi": "apps.question_answering.babi_stories",
        "metrics.AnswerScores": "apps.question_answering.answer_scores",
    },
)
