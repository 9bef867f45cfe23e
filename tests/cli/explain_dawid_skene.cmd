genlang explain models/dawid_skene/dawid_skene.gen
