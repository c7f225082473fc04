"""The VAEs: their part of the registry."""

from __future__ import annotations

from dataclasses import replace

from core.models.configs import AEVBConfig, ResidualVAEConfig, VAEConfig
from core.training import recipes
from core.training.spec import ModelSpec, Shown

AEVB = ModelSpec(
    family="vae",
    title="VAE, 2 numbers",
    about="The VAE as it was first published: one hidden layer and a code of two numbers.",
    model="core.models.aevb.AEVB",
    config=AEVBConfig(),
    dataset="binarized-mnist",
    recipe=recipes.AEVB,
    bound="elbo",
    half=True,
    shown={
        "vae_code": Shown("2", 3),
        "vae_walks": Shown("2", 3),
        "vae_map": Shown("2 numbers"),
        "vae_bound": Shown("2"),
        "together": Shown(place=1),
        "vae_bound_beta": Shown(place=2),
    },
)
VAE_8 = ModelSpec(
    family="vae",
    title="VAE, 8 numbers",
    about="A convolutional VAE that keeps a digit as eight numbers.",
    model="core.models.vae.VAE",
    config=VAEConfig(),
    dataset="binarized-mnist-anew",
    recipe=recipes.VAE,
    bound="elbo",
    channels_last=True,
    half=True,
    shown={
        "vae_code": Shown("8", 1),
        "vae_walks": Shown("8", 1),
        "vae_map": Shown("8 numbers"),
        "vae_bound": Shown("8"),
        "together": Shown(place=2),
        "vae_bound_blur": Shown(),
    },
)
VAE_20 = replace(
    VAE_8,
    title="VAE, 20 numbers",
    about="A VAE with residual blocks that keeps a digit as twenty numbers.",
    model="core.models.residual_vae.ResidualVAE",
    config=ResidualVAEConfig(),
    recipe=replace(recipes.VAE, steps=16_000),
    shown={
        "vae_code": Shown("20", 2),
        "vae_walks": Shown("20", 2),
        "vae_map": Shown("20 numbers"),
        "vae_bound": Shown("20"),
        "together": Shown(place=3),
        "vae_restore": Shown(),
    },
)

VAES: dict[str, ModelSpec] = {
    "aevb-mnist-2d": AEVB,
    "aevb-mnist-2d-beta01": replace(
        AEVB,
        title="VAE, 2 numbers, β = 0.1",
        about="The same VAE, trained so that its code costs a tenth.",
        config=AEVBConfig(beta=0.1),
        shown={"vae_map": Shown("2 numbers, β = 0.1"), "vae_bound_beta": Shown(place=1)},
    ),
    "aevb-mnist-2d-beta4": replace(
        AEVB,
        title="VAE, 2 numbers, β = 4",
        about="The same VAE, trained so that its code costs four times as much.",
        config=AEVBConfig(beta=4.0),
        shown={"vae_map": Shown("2 numbers, β = 4"), "vae_bound_beta": Shown(place=3)},
    ),
    "vae-mnist": VAE_8,
    "vae-mnist-squared": replace(
        VAE_8,
        title="VAE, 8 numbers, squared error",
        about="The VAE of eight numbers, trained for the squared error of its greys.",
        config=VAEConfig(likelihood="squared"),
        shown={"vae_bound_blur": Shown()},
    ),
    "vae-mnist-20d": VAE_20,
    "vae-mnist-denoising": replace(
        VAE_20,
        title="VAE, 20 numbers, denoising",
        about="A VAE that has learned to look at damaged digits and paint whole ones.",
        config=ResidualVAEConfig(corruption=0.3),
        recipe=recipes.VAE,
        shown={"vae_code": Shown("20, denoising", 4), "vae_restore": Shown()},
    ),
    "vae-svhn": replace(
        VAE_20,
        title="VAE, 64 numbers, house numbers",
        about="Keeps a digit of a house number, in colour, as 64 numbers.",
        config=ResidualVAEConfig(channels=3, height=32, width=32, latent=64, likelihood="logistic"),
        dataset="svhn-digits",
        recipe=replace(recipes.VAE, steps=4_000, clip=1_000.0),
        shown={"vae_colour": Shown()},
    ),
}
