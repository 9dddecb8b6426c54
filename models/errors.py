"""What can go wrong with a model before it serves, grouped by what the caller can do about it."""


class ModelError(Exception):
    """The root: this model cannot serve. The message names what was wanted, what came, and what to do."""


class ModelConfigurationError(ModelError):
    """The reference, device or dtype asked for does not fit, or something is not installed: change it."""


class DamagedModelError(ModelError):
    """The files are not the ones that were written: fetch or train them again."""


class TrainingDataError(ModelError):
    """The training data is missing or not in the layout its reader knows."""
