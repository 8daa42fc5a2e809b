"""Gates between a challenger and the alias ``champion``, and the way back."""

from deepdep.promotion.champion import PromotionResult, promote, rollback
from deepdep.promotion.gates import Gate, PromoteSettings

__all__ = ["Gate", "PromoteSettings", "PromotionResult", "promote", "rollback"]
