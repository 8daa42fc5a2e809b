# %% [en]
# Run the next cell first. On your machine it finds the project in which this notebook lies. In
# Colab it fetches and installs the project, for which `PROJECT` must name a copy that you can
# reach; if Colab then asks for a restart, restart and run the cell again.
# %% [ko]
# 먼저 다음 셀을 실행하십시오. 자신의 컴퓨터에서는 이 노트북이 들어 있는 프로젝트를 그대로 찾아
# 씁니다. Colab에서는 프로젝트를 내려받아 설치하므로, `PROJECT`에 내려받을 수 있는 저장소의 주소를
# 적어 두어야 합니다. 설치 후 Colab이 런타임을 다시 시작하라고 하면, 다시 시작한 뒤 이 셀을 한 번 더
# 실행하면 됩니다.
# %%
import importlib.util
import subprocess
import sys
from pathlib import Path

PROJECT = "https://github.com/ORGANISATION/deepdep"  # your copy of the project
PLACES = (Path(), Path(".."), Path("../.."), Path("project"))
if importlib.util.find_spec("deepdep") is None:  # in Colab
    subprocess.run(["git", "clone", "--quiet", "--depth=1", PROJECT, "project"], check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "./project"], check=True)
PARAMS = next(place / "params.yaml" for place in PLACES if (place / "params.yaml").exists())

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import deepdep
from deepdep.report.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, SKY, SOFT, VERMILION
from deepdep.report.plots.style import STYLE

plt.rcParams.update(STYLE | {"figure.dpi": 150, "text.parse_math": True})
