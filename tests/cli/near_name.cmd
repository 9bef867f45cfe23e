genlang check irsi
