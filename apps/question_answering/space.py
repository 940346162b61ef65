"""What a search tries."""

from apps.core.space import optimization, rates


def space(hp):
    """The network of the recipe's kind and its sizes, optimiser and schedule.

    `network`: the kind (tensor products, entity network, GRU), its units, and of each kind the
    sizes of its own.
    """
    kind = hp.Choice("network.kind", ["tensor_product", "entity_network", "story_gru"])
    values = {
        "network.kind": kind,
        "network.units": hp.Choice("network.units", [64, 96, 128, 192]),
        **rates(hp, "network.dropout"),
        **optimization(hp),
    }
    own = {
        "tensor_product": {
            "entity_dim": [32, 48, 64],
            "relation_dim": [16, 32],
            "hops": [2, 3, 4],
            "chains": [2, 4, 8],
        },
        "entity_network": {"slots": [10, 20, 40]},
        "story_gru": {"embedding_dim": [64, 128]},
    }
    for each, sizes in own.items():
        with hp.conditional_scope("network.kind", [each]):
            for name, choices in sizes.items():
                values[f"network.{name}"] = hp.Choice(f"network.{name}", choices)
    return values
