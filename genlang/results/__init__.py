"""What a fit holds: summaries, states, its folder."""
