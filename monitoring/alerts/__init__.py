"""Rules over figures: evaluated live and on the past, delivered, acknowledged, silenced."""
