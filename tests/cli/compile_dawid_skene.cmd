genlang compile models/dawid_skene/dawid_skene.gen
