"""Gates between a challenger and the alias ``champion``, and the way back."""

from deepdep.registry.gates import Gate, PromoteSettings
from deepdep.registry.promotion import PromotionResult, promote, rollback

__all__ = ["Gate", "PromoteSettings", "PromotionResult", "promote", "rollback"]
