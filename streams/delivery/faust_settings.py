"""Faust's settings, from code alone."""

import faust


class CodeSettings(faust.Settings):  # type: ignore[misc]
    """Faust's settings without the environment, whose BROKER_URL, DATADIR and so on would win over ours."""

    def getenv(self, env_name: str) -> None:
        """Nothing is set from outside."""
