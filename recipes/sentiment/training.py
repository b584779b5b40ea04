"""Train a sentiment classifier, and beside it models that lose the word order."""

import keras

import zoo
from recipes.common import devices, models
from recipes.common.data.splits import PARTS
from recipes.common.labelling import measure as labelling
from recipes.common.terminal import tell
from recipes.common.training import fit as training
from recipes.common.training.history import Stages
from recipes.sentiment import baselines, data, embeddings, measure, report


def build_model(config, facts):
    """The recurrent network of a configuration, not yet compiled."""
    return zoo.rnn_classifier(
        **facts,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        bidirectional=config.bidirectional,
        pooling=config.pooling,
        dropout=config.dropout,
        embedding_dropout=config.embedding_dropout,
        word_dropout=config.word_dropout,
    )


def build_bag_of_words(config, facts):
    """The network that gets the same tokens and loses their order."""
    return zoo.bag_of_words_classifier(
        **facts,
        embedding_dim=config.embedding_dim,
        units=config.units,
        dropout=config.dropout,
        word_dropout=config.word_dropout,
    )


def compile_model(model, config, steps_per_epoch):
    """Compile a classifier with Adam, a warm-up over half an epoch and cosine decay to zero.

    The loss of a batch is summed over its weighted rows and divided by all of them, so rows that
    only fill up a batch weigh nothing, on one device and on several. `crossentropy` is the mean
    over real rows alone.
    """
    if config.jit:
        models.give_up_cudnn(model)
    warmup = max(1, steps_per_epoch // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        config.learning_rate / (warmup + 1),
        decay_steps=max(1, steps_per_epoch * config.epochs - warmup),
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )
    model.compile(
        keras.optimizers.Adam(schedule, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=[
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
            keras.metrics.SparseCategoricalCrossentropy(name="crossentropy", from_logits=True),
        ],
        jit_compile=config.jit,
    )


def fit(run, texts, build=build_model):
    """Build, compile and train one network.

    The epoch with the lowest cross-entropy is kept: on a thousand examples the accuracy of an epoch
    is uncertain by a point, which is more than the last epochs differ by.

    Returns:
        `model, history`.
    """
    with devices.distribution().scope():
        model = build(run.config, texts.facts)
        run.start_weights(model)
        compile_model(model, run.config, len(texts.train))
    if run.config.embeddings == "cooccurrence" and not run.config.init_from:
        embeddings.start_from_cooccurrence(model, texts.train.sequences)
    return model, training.fit(run, model, texts.train, texts.validation)


def train(run):
    """Train the network and its baselines, measure all on the test part, and report."""
    texts = data.load(run)
    model, history = fit(run, texts)
    run.save(model)

    tell("Training the baselines, a bag of the same tokens and linear models, to compare.")
    bag_of_words, _ = fit(run.beside("bag_of_words"), texts, build_bag_of_words)
    truth, parts = texts.test.sequences.labels, [texts.numbered(part) for part in PARTS]
    probabilities = measure.probabilities(model, texts.test)
    figures = {
        "test": labelling.measure(probabilities, truth),
        "baselines": {
            "linear": baselines.linear(*parts, run.config.balance),
            "naive_bayes": baselines.naive_bayes(*parts, run.config.balance),
            "bag_of_words": labelling.measure(
                measure.probabilities(bag_of_words, texts.test), truth
            ),
            "majority": labelling.majority(texts.train.sequences.labels, truth),
        },
    }
    stages = Stages.of(history)
    if run.config.balance:
        figures["label_weights"] = texts.label_weights
    metrics = run.measured(figures, model, stages)
    report.write(run, texts, model, stages, probabilities, metrics)
    return metrics
