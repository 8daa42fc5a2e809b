# %% [en]
# # 5. Your own files
#
# *About 40 minutes to read and try; the cells run in a minute or two.*
#
# The last lesson is about the part of a project that takes the longest: getting files in. You will
# look at files before you trust them (`inspect`), bring them into a cohort (`import`), have it
# checked (`validate`), see which faults are refused and why that is kinder than a warning, and end
# with a prediction. The files are small and simulated, in the layouts in which DepMap and UCSC Xena
# publish theirs; with your downloads the commands are the same.
# %% [ko]
# # 5. 자신의 파일로 예측하기
#
# *읽고 따라 하는 데 약 40분, 셀 실행은 1~2분 정도 걸립니다.*
#
# 마지막 시간에는 프로젝트에서 가장 오래 걸리는 일, 곧 파일을 들여오는 일을 다룹니다. 믿기 전에 먼저
# 파일을 들여다보고 (`inspect`), 코호트로 가져온 다음(`import`), 점검을 받습니다(`validate`). 어떤
# 결함이 거부되는지, 왜 경고보다 거부가 친절한지 살펴보고, 예측으로 마무리합니다. 파일은 작은
# 시뮬레이션 데이터이지만 DepMap과 UCSC Xena가 공개하는 것과 같은 형식이므로, 직접 내려받은 파일에도
# 같은 명령을 쓰면 됩니다.
# %% [setup]
# %% [en]
# ## A release of DepMap, in small
#
# A release is a folder. Names of files and columns tell what is what: genes are written `TP53
# (7157)`, lines `ACH-000001`, expression is log2(TPM + 1), copy number a ratio to the line's
# ploidy, mutations come one per row, and `Model.csv` says whose line it is.
# %% [ko]
# ## 작은 DepMap 릴리스
#
# 릴리스는 폴더 하나입니다. 파일 이름과 열 이름이 내용을 말해 줍니다. 유전자는 `TP53 (7157)`,
# 세포주는 `ACH-000001`처럼 적고, 발현량은 log2(TPM + 1), 복제수(copy number)는 세포주의 배수성에
# 대한 비율입니다. 돌연변이는 한 행에 하나씩 적혀 있고, `Model.csv`에는 각 세포주가 어느 환자에게서
# 왔는지가 들어 있습니다.
# %%
import tempfile

from deepdep.simulation import SimulationSettings

work = tempfile.TemporaryDirectory()
folder = Path(work.name)
size = SimulationSettings.of_size("tiny", n_tumors=100, n_cell_lines=160)
simulated = deepdep.simulate(size, np.random.default_rng(2)).cohort
lines, tumors = simulated.cell_lines, simulated.tumors

release = folder / "depmap"
release.mkdir()


def with_entrez(table):
    """Name genes as DepMap does; the numbers are made up."""
    names = [f"{gene} ({1000 + number})" for number, gene in enumerate(table)]
    return table.astype(float).set_axis(names, axis=1)


EXPRESSION = "OmicsExpressionProteinCodingGenesTPMLogp1.csv"
EFFECT = "CRISPRGeneEffect.csv"
with_entrez(lines.omics["expression"]).to_csv(release / EXPRESSION)
with_entrez(np.exp2(lines.omics["copy_number"])).to_csv(release / "OmicsCNGene.csv")
with_entrez(simulated.gene_effect.table).to_csv(release / EFFECT, index_label="ModelID")
mutated = lines.omics["mutation"].stack()
mutated = mutated[mutated == 1].index.to_frame(index=False, name=["ModelID", "HugoSymbol"])
mutated.assign(VariantInfo="missense_variant").to_csv(
    release / "OmicsSomaticMutations.csv", index=False
)
pd.DataFrame(
    {
        "ModelID": lines.obs.index,
        "PatientID": lines.obs["patient_id"],
        "OncotreeLineage": lines.obs["lineage"],
    }
).to_csv(release / "Model.csv", index=False)
for file in sorted(release.iterdir()):
    print(f"{file.name:50s} {file.stat().st_size / 1e3:8.1f} kB")
# %% [en]
# ## Tumours as UCSC Xena keeps them
#
# Features in rows, tumours in columns, named by TCGA barcodes. The unit is told by the name of the
# file and by the values. The simulated names begin with `SIM`; here they get the shape of a
# barcode, by which the import goes. Nobody is behind them.
# %% [ko]
# ## UCSC Xena 형식의 종양 데이터
#
# 특징이 행, 종양이 열이며 종양의 이름은 TCGA 바코드입니다. 단위는 파일 이름과 값으로 판단합니다.
# 시뮬레이션한 이름은 `SIM`으로 시작하지만, 가져오기는 바코드를 기준으로 하므로 여기서는 바코드
# 모양으로 바꿉니다. 실제 환자가 아닙니다.
# %%
from deepdep.domain.lineages import LINEAGE_BY_STUDY, STUDY_BY_DISEASE
from deepdep.io.gene_sets import write_gene_sets

xena = folder / "xena"
xena.mkdir()
for name, omic in (
    ("pancan.expression_tpm.tsv", "expression"),
    ("pancan.nonsilent_mutation.tsv", "mutation"),
    ("pancan.copy_number.tsv", "copy_number"),
):
    table = tumors.omics[omic]
    barcodes = table.index.str.replace("SIM", "TCGA")
    table.set_axis(barcodes).T.to_csv(xena / name, sep="\t", index_label="sample")

study_of_lineage = {lineage: study for study, lineage in LINEAGE_BY_STUDY.items()}
disease_of_study = {study: disease for disease, study in STUDY_BY_DISEASE.items()}
disease = tumors.obs["lineage"].map(study_of_lineage).map(disease_of_study)
pd.DataFrame(
    {
        "sample": tumors.obs.index.str.replace("SIM", "TCGA"),
        "sample_type_id": 1,
        "_primary_disease": disease.to_numpy(),
    }
).to_csv(xena / "TCGA_phenotype_denseDataOnlyDownload.tsv", sep="\t", index=False)
write_gene_sets(simulated.gene_sets, folder / "sets.gmt")
pd.read_csv(xena / "pancan.expression_tpm.tsv", sep="\t", index_col=0).iloc[:3, :3]


# %% [en]
# ## Look before you import
#
# In a terminal you would type `deepdep inspect FILE`. The next cell does the same and shows the
# exit code: 0 means done, 2 means that the input was refused.
# %% [ko]
# ## 가져오기 전에 들여다보기
#
# 터미널에서는 `deepdep inspect FILE`이라고 입력하면 됩니다. 다음 셀은 같은 일을 하면서 종료
# 코드까지 보여 줍니다. 0은 정상적으로 끝났다는 뜻이고, 2는 입력을 거부했다는 뜻입니다.
# %%
def run(*words):
    """Run a command of deepdep in the folder; return its exit code."""
    command = "from deepdep.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    print("$ deepdep", *words)
    print(done.stdout + done.stderr, end="")
    print("exit code", done.returncode, "\n")
    return done.returncode


assert run("inspect", f"depmap/{EFFECT}") == 0
assert run("inspect", "xena/pancan.expression_tpm.tsv") == 0
# %% [en]
# Read `content`, `unit` and `becomes`. They are told by names **and** values. The sign of the gene
# effects is told by genes that every cell needs: their median is below 0.
#
# ## Import
#
# Each import adds its files to the cohort in `data` and leaves the others alone.
# %% [ko]
# `content`, `unit`, `becomes`를 읽어 보십시오. 이름**과** 값을 함께 보고 판단한 결과입니다. 유전자
# 효과의 부호는 모든 세포에 필요한 유전자들로 확인합니다. 그 중앙값이 0보다 작아야 합니다.
#
# ## 가져오기
#
# 가져오기를 할 때마다 그 파일이 `data`의 코호트에 더해지고 다른 파일은 그대로 남습니다.
# %%
assert run("import", "depmap", "depmap", "--to", "data") == 0
assert run("import", "tcga", "xena", "--to", "data") == 0
assert run("import", "gmt", "sets.gmt", "--to", "data") == 0
print(sorted(file.name for file in (folder / "data").iterdir()))
# %% [en]
# The report is worth its minute: what was turned (ratios to log2), what was left out, how many
# patients. A line without any mutation in the table is *absent*, not unmutated: it may never have
# been sequenced.
#
# ## What is refused, and why
#
# Now spoil the files as they are spoilt in real life: a sign reversed by somebody who likes large
# numbers, TPM whose logarithm was forgotten, a table that was transposed for Excel.
# %% [ko]
# 보고서는 꼭 읽어 보십시오. 무엇이 변환되었는지(비율은 log2로), 무엇이 제외되었는지, 환자가 몇
# 명인지 적혀 있습니다. 돌연변이 표에 한 번도 나오지 않는 세포주는 돌연변이가 없는 것이 아니라
# *자료가 없는 것*으로 처리됩니다. 아예 시퀀싱하지 않았을 수도 있기 때문입니다.
#
# ## 무엇을, 왜 거부하는가
#
# 이제 현실에서 흔히 그렇듯이 파일을 망가뜨려 봅시다. 큰 숫자를 좋아하는 사람이 부호를 뒤집었거나,
# TPM에 로그를 취하는 것을 잊었거나, 엑셀에서 보려고 표의 행과 열을 바꾼 경우입니다.
# %%
import shutil


def spoiled(name, change):
    """Import a copy of the release with one file changed; return the exit code."""
    bad = folder / "bad"
    shutil.rmtree(bad, ignore_errors=True)
    shutil.copytree(release, bad)
    change(pd.read_csv(bad / name, index_col=0)).to_csv(bad / name)
    return run("import", "depmap", "bad", "--to", "never")


faults = {
    "sign reversed": (EFFECT, lambda table: -table),
    "TPM without logarithm": (EXPRESSION, lambda table: 2**table - 1),
    "transposed": (EFFECT, lambda table: table.T),
}
codes = {fault: spoiled(*how) for fault, how in faults.items()}
assert set(codes.values()) == {2}
assert not (folder / "never").exists()
# %% [en]
# Each refusal is one line: the file, the place, what is wrong, what to do. Nothing was written.
# What would have happened otherwise? With the sign reversed, every dependency would be a gene that
# cells are glad to lose, and **all correlations would look just as good**. Such a fault cannot be
# found later. That is why it is an error and not a warning.
#
# **Exercise 1.** Write `n/d` into one cell of `OmicsCNGene.csv` and import. Then leave the cell
# empty instead.
#
# <details>
# <summary>Answer</summary>
#
# ```python
# def not_done(table):
#     table = table.astype(object)
#     table.iloc[2, 3] = "n/d"
#     return table
#
# spoiled("OmicsCNGene.csv", not_done)
# ```
#
# The text is refused with its line and column; an empty cell means "not measured" and is accepted.
# A word that stands for a missing value has too many spellings to guess.
# </details>
# %% [ko]
# 거부할 때는 한 줄로 알려 줍니다. 어느 파일의 어디가, 무엇이 잘못되었고, 어떻게 하면 되는지입니다.
# 그리고 아무것도 쓰지 않습니다. 거부하지 않았다면 어떻게 되었을까요? 부호가 뒤집히면 모든 의존성이
# 없애야 좋은 유전자로 바뀌는데, **상관계수는 전부 똑같이 좋아 보입니다**. 이런 결함은 나중에 찾아낼
# 수 없습니다. 그래서 경고가 아니라 오류입니다.
#
# **연습 1.** `OmicsCNGene.csv`의 한 칸에 `n/d`라고 적고 가져와 보십시오. 그다음에는 그 칸을 비워
# 보십시오.
#
# <details>
# <summary>답</summary>
#
# ```python
# def not_done(table):
#     table = table.astype(object)
#     table.iloc[2, 3] = "n/d"
#     return table
#
# spoiled("OmicsCNGene.csv", not_done)
# ```
#
# 글자는 행과 열을 밝히며 거부하고, 빈칸은 "측정하지 않음"으로 받아들입니다. 결측을 뜻하는 말은
# 철자가 너무 다양해서 짐작으로 처리할 수 없습니다.
# </details>
# %% [en]
# ## Validate the whole
#
# Files can be right one by one and wrong together: tumours whose genes the lines lack, two lines
# that are one, omics on different scales. `validate` is also the first stage of the pipeline.
# %% [ko]
# ## 전체를 점검하기
#
# 파일 하나하나는 옳아도 합쳐 놓으면 틀릴 수 있습니다. 종양의 유전자가 세포주에는 없거나, 두
# 세포주가 사실은 하나이거나, 오믹스의 척도가 서로 다른 경우입니다. `validate`는 파이프라인의 첫
# 단계이기도 합니다.
# %%
assert run("validate", "data", "--params", PARAMS.resolve()) == 0
# %% [en]
# ## And a prediction
#
# From here on the cohort is like any other. There is no methylation in these files, so three omics
# are read.
# %% [ko]
# ## 그리고 예측
#
# 여기서부터는 여느 코호트와 같습니다. 이 파일에는 메틸화(methylation)가 없으므로 세 가지 오믹스를
# 읽습니다.
# %%
cohort = deepdep.read_cohort(folder / "data")
settings = deepdep.read_settings(PARAMS).changed({"finetune.n_members": 0, "pretrain.*.epochs": 0})
prepared = deepdep.prepare(cohort, settings.prepare, ("mutation", "expression", "copy_number"))
predictor = deepdep.Predictor(settings.training).fit(prepared)
predictor.save(folder / "model")
(folder / "my_genes.txt").write_text("MDM2\nSOX10\nBRAF\n")
code = run(
    "predict", "--model", "model", "--samples", "data/tumors.h5mu",
    "--genes", "my_genes.txt", "--to", "effects.csv",
)  # fmt: skip
assert code == 0
effects = pd.read_csv(folder / "effects.csv", index_col=0)
assert list(effects) == ["MDM2", "SOX10", "BRAF"]
effects.head().round(2)
# %% [en]
# Does it make sense? SOX10 is needed by melanocytic cells, so by tumours of the skin:
# %% [ko]
# 결과가 말이 됩니까? SOX10은 멜라닌세포 계열, 따라서 피부 종양에 필요한 유전자입니다.
# %%
lineage = cohort.tumors.obs.loc[effects.index, "lineage"]
order = effects["SOX10"].groupby(lineage).median().sort_values().index[:8]
figure, axes = plt.subplots(figsize=(5.4, 2.8))
rng = np.random.default_rng(0)
for row, tissue in enumerate(order):
    values = effects.loc[lineage == tissue, "SOX10"]
    jitter = rng.uniform(-0.2, 0.2, len(values))
    axes.scatter(values, row + jitter, s=12, color=VERMILION if tissue == "Skin" else SOFT)
axes.set_yticks(range(len(order)), order)
axes.invert_yaxis()
axes.axvline(0, color=INK, linewidth=0.6)
axes.set_xlabel("predicted gene effect of SOX10 (negative: needed)")
axes.set_title("SOX10 in tumours")
plt.show()
assert order[0] == "Skin"
# %%
work.cleanup()
# %% [en]
# **Exercise 2.** Bring your own: `deepdep download depmap --to depmap` fetches a release, Xena's
# matrices come with `deepdep download tcga --help`. Before you import, write down what you expect
# `inspect` to say of each file. Which of your expectations were wrong?
#
# <details>
# <summary>Answer</summary>
#
# Often the unit: `OmicsCNGene.csv` held log2(x + 1) in earlier releases and plain ratios later, and
# a pan-cancer matrix may be centred on each gene's mean. `inspect` says by what it told the unit,
# and asks where neither name nor values tell.
# </details>
#
# **Exercise 3.** Which patient would you not predict with this model? Think of lesson 4.
#
# <details>
# <summary>Answer</summary>
#
# One that is like none of the lines: of a lineage without lines, measured by another assay, with
# few of the features. The model predicts the gene's mean for it, with an interval that was measured
# on lines. Look at similarity before effects.
# </details>
#
# You have been through all of it: shapes, codes, honest measuring, one patient, your own files. The
# pipeline does the same with `make repro`, and keeps the record.
# %% [ko]
# **연습 2.** 자신의 데이터를 가져와 보십시오. `deepdep download depmap --to depmap`은 릴리스를
# 내려받고, Xena의 행렬은 `deepdep download tcga --help`를 참고하면 됩니다. 가져오기 전에
# `inspect`가 파일마다 무엇이라고 할지 예상을 적어 두십시오. 어떤 예상이 틀렸습니까?
#
# <details>
# <summary>답</summary>
#
# 흔히 단위에서 틀립니다. `OmicsCNGene.csv`는 예전 릴리스에서는 log2(x + 1)이었고 나중에는 그냥
# 비율이며, 범암종 (pan-cancer) 행렬은 유전자별 평균을 뺀 것일 수 있습니다. `inspect`는 무엇을 보고
# 단위를 판단했는지 알려 주고, 이름으로도 값으로도 알 수 없으면 되묻습니다.
# </details>
#
# **연습 3.** 이 모델로 예측하지 말아야 할 환자는 누구입니까? 4강을 떠올려 보십시오.
#
# <details>
# <summary>답</summary>
#
# 어떤 세포주와도 닮지 않은 환자입니다. 그 계통의 세포주가 없거나, 다른 방법으로 측정했거나, 특징이
# 몇 개 없는 경우입니다. 모델은 그런 환자에게 유전자 평균을 예측하고, 구간은 세포주에서 잰 것을
# 붙입니다. 효과를 보기 전에 유사도를 보십시오.
# </details>
#
# 이로써 모양, 코드, 정직한 측정, 환자 한 명, 그리고 자신의 파일까지 모두 다루었습니다. 파이프라인은
# `make repro` 한 번으로 같은 일을 하고 기록까지 남깁니다.
