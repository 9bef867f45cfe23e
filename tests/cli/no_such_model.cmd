genlang check models/irsi
