"""What every section of the settings has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of settings that are read once, and never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")
