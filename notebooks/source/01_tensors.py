# %% [en]
# # 1. Tensors, and the table that would not fit
#
# *About 40 minutes to read and try; the cells run in half a minute.*
#
# A network sees no genes and no cell lines. It sees **tensors**: blocks of numbers with a shape.
# Here you learn to read shapes on the matrices of a cancer cohort, you meet the two mistakes with
# shapes that cost most (one raises an error, the other does not), and you see how DeepDEP's
# training data, 44 MB of measurements, become a table of 37 GiB when one shape is chosen badly. At
# the end you train a first small model and look at its gradient.
#
# The cohort is simulated, so nothing is downloaded and nobody's data are shown. What is planted in
# it is textbook biology: cells with intact TP53 need MDM2, melanocytic cells need SOX10, and so on.
# %% [ko]
# # 1. 텐서, 그리고 메모리에 들어가지 않는 표
#
# *읽고 따라 하는 데 약 40분, 셀 실행은 30초 남짓 걸립니다.*
#
# 신경망은 유전자도 세포주도 알지 못합니다. 신경망이 보는 것은 **텐서(tensor)**, 즉 모양(shape)을
# 가진 숫자 덩어리입니다. 이번 시간에는 암 코호트의 행렬을 가지고 모양을 읽는 법을 익히고, 모양
# 때문에 생기는 가장 값비싼 실수 두 가지를 직접 겪어 봅니다. 하나는 오류를 내지만 다른 하나는 조용히
# 지나갑니다. 이어서 44 MB에 불과한 DeepDEP의 측정값이 모양을 잘못 고르는 순간 37 GiB짜리 표로
# 불어나는 과정을 따져 보고, 마지막으로 작은 모델 하나를 학습시키면서 기울기(gradient)를
# 들여다봅니다.
#
# 코호트는 시뮬레이션으로 만든 것이어서 내려받을 데이터가 없고 실제 환자의 정보도 들어 있지
# 않습니다. 대신 교과서에 나오는 생물학이 심어져 있습니다. TP53이 온전한 세포는 MDM2에 의존하고,
# 멜라닌세포 계열은 SOX10에 의존하는 식입니다.
# %% [setup]
# %% [en]
# ## A cohort is four matrices and a table of labels
#
# Each *omic* is a matrix, samples in rows and features in columns. The labels are the **gene
# effects** of a CRISPR screen: 0 means that the cells do not miss the gene, -1 is the median of the
# genes that every cell needs.
# %% [ko]
# ## 코호트는 행렬 네 개와 레이블 표 하나입니다
#
# 오믹스(omics) 하나하나가 행렬입니다. 행은 검체, 열은 특징(feature)입니다. 레이블은 CRISPR
# 스크리닝에서 얻은 **유전자 효과**(gene effect)입니다. 0이면 그 유전자가 없어도 세포가 잘 자란다는
# 뜻이고, -1은 모든 세포에 필요한 유전자들의 중앙값에 해당합니다.
# %%
from deepdep.simulation import SimulationSettings

size = SimulationSettings.of_size("tiny", n_cell_lines=160)
cohort = deepdep.simulate(size, np.random.default_rng(2)).cohort
tables = {str(omic): table for omic, table in cohort.cell_lines.omics.items()}
tables["gene_effect"] = cohort.gene_effect.table

pd.DataFrame(
    {
        name: {
            "rank": table.ndim,
            "shape": table.shape,
            "dtype": table.dtypes.iloc[0],
            "kilobytes": round(table.to_numpy().nbytes / 1e3, 1),
        }
        for name, table in tables.items()
    }
).T
# %% [en]
# Three words describe every tensor:
#
# - **rank**: how many axes it has. A number has 0, a profile of one sample 1, a matrix 2.
# - **shape**: how long each axis is. What an axis *means* is not stored anywhere: you keep it in
#   mind, or better in a comment such as `# (cell line, gene)`.
# - **dtype**: what one entry is. It decides the bytes: 1 for `uint8`, 4 for `float32`, 8 for
#   `float64`.
#
# Note that the omics do not have the same number of rows. Not every line was measured by every
# assay, so rows are matched **by name**, never by position.
# %% [ko]
# 텐서는 세 단어로 설명할 수 있습니다.
#
# - **랭크(rank)**: 축의 개수입니다. 숫자 하나는 0, 검체 하나의 프로파일은 1, 행렬은 2입니다.
# - **모양(shape)**: 각 축의 길이입니다. 그 축이 *무엇을 뜻하는지*는 어디에도 저장되지 않습니다.
#   머릿속에, 더 좋게는 `# (cell line, gene)` 같은 주석에 적어 두어야 합니다.
# - **자료형(dtype)**: 원소 하나가 어떤 숫자인지를 말하며, 바이트 수를 결정합니다. `uint8`은
#   1바이트, `float32`는 4바이트, `float64`는 8바이트입니다.
#
# 오믹스마다 행의 수가 다르다는 점에 주목하십시오. 모든 세포주를 모든 방법으로 측정하지는 못했기
# 때문입니다. 그래서 행은 반드시 **이름으로** 맞추고, 순서로 맞추지 않습니다.
# %%
import tensorflow as tf

expression = tables["expression"]  # (cell line, gene), log2(TPM + 1)
copy_number = tables["copy_number"]  # (cell line, gene), log2(CN / 2)
lines = expression.index.intersection(copy_number.index)
genes = expression.columns.intersection(copy_number.columns)
both = np.stack([expression.loc[lines, genes], copy_number.loc[lines, genes]], axis=-1)

tensors = {
    "one number": tf.constant(expression.iloc[0, 0]),
    "one profile": tf.constant(expression.iloc[0]),
    "one omic": tf.constant(expression),
    "two omics of the same genes": tf.constant(both),  # (cell line, gene, omic)
}
for name, tensor in tensors.items():
    print(f"{name:28s} rank {tensor.ndim}  shape {tensor.shape!s:13s} {tensor.dtype.name}")
assert [tensor.ndim for tensor in tensors.values()] == [0, 1, 2, 3]
# %%
lineage = cohort.cell_lines.obs.loc[expression.index, "lineage"].sort_values()
of_lineages = expression.groupby(lineage).mean()
most_different = of_lineages[of_lineages.std().nlargest(40).index]
shown = most_different.idxmax().sort_values().index
from_mean = (expression - expression.mean()).loc[lineage.index, shown]

figure, axes = plt.subplots(figsize=(7, 3.4))
image = axes.imshow(from_mean.T, aspect="auto", cmap="PuOr_r", vmin=-5, vmax=5)
first_rows = np.flatnonzero(lineage.ne(lineage.shift()))
first_rows = first_rows[np.diff([*first_rows, len(lineage)]) >= 6]
axes.set_xticks(first_rows, lineage.iloc[first_rows], rotation=40, ha="right")
axes.set_yticks([])
axes.set_xlabel("cell line, by lineage (at its first line; the smallest are not named)")
axes.set_ylabel("40 genes that differ between lineages")
axes.set_title("A tensor of rank 2: expression")
figure.colorbar(image, label="log2(TPM + 1) minus the gene's mean")
plt.show()
# %% [en]
# ## dtype: cheap numbers have edges
#
# Mutations are stored as `uint8`, a whole number from 0 to 255, which is right for a table of 0 and
# 1. But a `uint8` knows no -1. Ask which mutations line A has and line B has not:
# %% [ko]
# ## 자료형: 값싼 숫자에는 한계가 있습니다
#
# 돌연변이는 0부터 255까지의 정수인 `uint8`로 저장합니다. 0과 1뿐인 표에는 알맞은 선택입니다. 그런데
# `uint8`에는 -1이 없습니다. 세포주 A에는 있고 B에는 없는 돌연변이를 찾으려고 빼 보면 어떻게 될까요?
# %%
mutation = tables["mutation"]
line_a, line_b = mutation.iloc[0].to_numpy(), mutation.iloc[1].to_numpy()
print("as uint8:  ", sorted(set((line_a - line_b).tolist())))
print("as float32:", sorted(set((line_a.astype("float32") - line_b).tolist())))
assert (line_a - line_b).max() == 255
# %% [en]
# No error, and 255 in place of -1. Networks calculate in `float32`: convert once, at the border.
# `float64`, the default of NumPy and pandas, doubles the memory and gains a network nothing.
# %% [ko]
# 오류는 나지 않고, -1이 있어야 할 자리에 255가 들어갔습니다. 신경망은 `float32`로 계산하므로 입력
# 단계에서 한 번 변환해 두십시오. NumPy와 pandas의 기본값인 `float64`는 메모리만 두 배로 쓸 뿐
# 신경망에는 얻는 것이 없습니다.
# %% [en]
# ## Broadcasting: the rule that stretches axes
#
# Two tensors of different shapes can be combined when their axes, **compared from the last one**,
# are equal or one of them is 1 (or missing). That axis is then repeated, without copying anything.
# So a mean per gene, shape `(160,)`, can be taken from a matrix of shape `(158, 160)`:
# %% [ko]
# ## 브로드캐스팅: 축을 늘려 주는 규칙
#
# 모양이 다른 두 텐서도 축을 **뒤에서부터 비교했을 때** 길이가 같거나 어느 한쪽이 1이면(또는 축이
# 없으면) 함께 계산할 수 있습니다. 이때 길이가 1인 축은 복사 없이 반복됩니다. 이것이
# 브로드캐스팅(broadcasting)입니다. 그래서 `(158, 160)` 모양의 행렬에서 유전자별 평균 `(160,)`을
# 바로 뺄 수 있습니다.
# %%
matrix = expression.to_numpy()
per_gene = matrix.mean(axis=0)
print(matrix.shape, "-", per_gene.shape, "->", (matrix - per_gene).shape)

per_line = matrix.mean(axis=1)
try:
    matrix - per_line
except ValueError as error:
    print("\n", matrix.shape, "-", per_line.shape, "->", error)

kept = matrix.mean(axis=1, keepdims=True)
print("\n", matrix.shape, "-", kept.shape, "->", (matrix - kept).shape)
# %% [en]
# The second line is the good mistake: it raises an error. Here is the bad one. A Keras model with
# one output returns shape `(n, 1)`. Labels taken from a column have shape `(n,)`. Their difference
# has neither shape:
# %% [ko]
# 두 번째 줄은 차라리 고마운 실수입니다. 오류가 나기 때문입니다. 진짜 위험한 실수는 다음과 같습니다.
# 출력이 하나인 Keras 모델은 `(n, 1)` 모양을 돌려주고, 표의 한 열에서 꺼낸 레이블은 `(n,)`
# 모양입니다. 둘을 빼면 어느 쪽 모양도 나오지 않습니다.
# %%
effect = tables["gene_effect"]["MDM2"].dropna()
labels = effect.to_numpy()  # (n,)
perfect = labels.reshape(-1, 1)  # what a model without any error would return: (n, 1)
residuals = labels - perfect
print(labels.shape, "-", perfect.shape, "->", residuals.shape)
print("squared error by the wrong shape:", (residuals**2).mean().round(3))
print("squared error by the right shape:", ((labels - perfect[:, 0]) ** 2).mean().round(3))
assert residuals.shape == (len(labels), len(labels))
assert np.isclose((residuals**2).mean(), 2 * labels.var(), rtol=1e-3)

order = np.argsort(labels)
figure, axes = plt.subplots(figsize=(4.2, 3))
image = axes.imshow(residuals[np.ix_(order, order)], cmap="PuOr", vmin=-2.5, vmax=2.5)
axes.plot([0, len(order) - 1], [0, len(order) - 1], color=INK, linewidth=0.8)
axes.set_xlabel("cell line of the label")
axes.set_ylabel("cell line of the prediction")
axes.set_title("A perfect model, judged by the wrong shape")
figure.colorbar(image, label="label minus prediction of MDM2's effect")
plt.show()
# %% [en]
# Only the diagonal is what was meant, and it is 0. Everything else compares one line's label with
# another line's prediction. The perfect model gets twice the variance of the labels as its error, a
# number that looks like any other. **Write shapes down, and assert them.**
#
# **Exercise 1.** Standardise `matrix` so that every *gene* has mean 0 and standard deviation 1.
# Then do it so that every *line* has. What are the shapes of means and deviations in each case?
#
# <details>
# <summary>Answer</summary>
#
# ```python
# of_genes = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)  # (160,) and (160,)
# of_lines = (matrix - matrix.mean(axis=1, keepdims=True)) / matrix.std(axis=1, keepdims=True)
# ```
#
# In the second, both have shape `(158, 1)`: `keepdims=True` leaves the axis that was averaged, with
# length 1, so that it meets the right axis of the matrix.
# </details>
# %% [ko]
# 우리가 원한 것은 대각선뿐이고, 대각선은 모두 0입니다. 나머지는 전부 어떤 세포주의 레이블을 다른
# 세포주의 예측과 비교한 값입니다. 완벽한 모델인데도 레이블 분산의 두 배가 오차로 나오고, 숫자만
# 봐서는 이상한 점을 알아차릴 수 없습니다. **모양은 적어 두고, assert로 확인하십시오.**
#
# **연습 1.** `matrix`를 *유전자*마다 평균 0, 표준편차 1이 되도록 표준화해 보십시오. 다음에는
# *세포주*마다 그렇게 해 보십시오. 각각의 경우 평균과 표준편차의 모양은 무엇입니까?
#
# <details>
# <summary>답</summary>
#
# ```python
# of_genes = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)  # (160,) and (160,)
# of_lines = (matrix - matrix.mean(axis=1, keepdims=True)) / matrix.std(axis=1, keepdims=True)
# ```
#
# 두 번째 경우에는 둘 다 `(158, 1)` 모양입니다. `keepdims=True`는 평균을 낸 축을 길이 1로 남겨
# 두므로, 행렬의 올바른 축과 맞아떨어집니다.
# </details>
# %% [en]
# ## The 37 GiB table
#
# DeepDEP (Chiu et al., *Science Advances* 2021) predicts the effect of a **pair**: one cell line,
# one gene. A line comes with 24,632 omic features, a gene with a fingerprint of 3,115 bits that say
# which gene sets it is in. The obvious shape for training is one row per pair, with both sides'
# features. Reckon before you build:
# %% [ko]
# ## 37 GiB짜리 표
#
# DeepDEP(Chiu 등, *Science Advances* 2021)은 세포주 하나와 유전자 하나의 **쌍**(pair)에 대해 효과를
# 예측합니다. 세포주에는 오믹스 특징 24,632개가, 유전자에는 어느 유전자 집합(gene set)에 속하는지를
# 나타내는 3,115비트짜리 지문(fingerprint)이 딸려 있습니다. 가장 먼저 떠오르는 모양은 쌍 하나를 한
# 행으로 하고 양쪽의 특징을 나란히 적는 것입니다. 만들기 전에 먼저 계산해 봅시다.
# %%
n_lines, n_genes = 278, 1_298
n_features, n_gene_sets = 24_632, 3_115
float32 = 4  # bytes

pairs = n_lines * n_genes
bytes_of_pairs = pairs * (n_features + n_gene_sets) * float32
bytes_of_data = (n_lines * n_features + n_genes * n_gene_sets) * float32
print(f"{pairs:,} pairs x {n_features + n_gene_sets:,} columns")
print(f"one row per pair:    {bytes_of_pairs / 1e9:6.1f} GB = {bytes_of_pairs / 2**30:.1f} GiB")
print(f"what was measured:   {bytes_of_data / 1e6:6.1f} MB")
print(f"each number is held: {bytes_of_pairs / bytes_of_data:6.0f} times, on average")
assert round(bytes_of_pairs / 2**30) == 37
assert round(bytes_of_data / 1e6) == 44
# %% [en]
# A line's profile is repeated for each of 1,298 genes, a gene's fingerprint for each of 278 lines.
# No measurement was added. Do not take the arithmetic on trust: build such a table where it is
# small, and ask it how large it is.
# %% [ko]
# 세포주의 프로파일은 유전자 1,298개마다, 유전자의 지문은 세포주 278개마다 되풀이됩니다. 새로 측정한
# 값은 하나도 없습니다. 계산만 믿지 말고, 작은 규모에서 실제로 표를 만들어 크기를 확인해 보겠습니다.
# %%
from deepdep.domain.fingerprints import Fingerprints

gene_effect = tables["gene_effect"]
shared = gene_effect.index.intersection(expression.index)
profiles = expression.loc[shared].to_numpy("float32")  # (cell line, feature)
fingerprints = Fingerprints.of_genes(list(gene_effect), cohort.gene_sets).dense()  # (gene, set)
fingerprints = fingerprints.astype("float32")


def table_of_pairs(profiles, fingerprints):
    """Return a row per pair: the line's profile, then the gene's fingerprint."""
    n_lines, n_genes = len(profiles), len(fingerprints)
    of_lines = np.repeat(profiles, n_genes, axis=0)
    of_genes = np.tile(fingerprints, (n_lines, 1))
    return np.concatenate([of_lines, of_genes], axis=1)


sizes = []
for n in (5, 10, 20, 40, 60):
    small = profiles[:n], fingerprints[:n]
    pairs_table = table_of_pairs(*small)
    sizes.append({"n": n, "pairs": pairs_table.nbytes, "data": sum(t.nbytes for t in small)})
    assert pairs_table.nbytes == n * n * (profiles.shape[1] + fingerprints.shape[1]) * 4
sizes = pd.DataFrame(sizes)

figure, axes = plt.subplots(figsize=(4.6, 3))
axes.loglog(sizes["n"], sizes["pairs"] / 1e6, "o-", color=VERMILION, label="a row per pair")
axes.loglog(sizes["n"], sizes["data"] / 1e6, "s-", color=BLUE, label="each side once")
axes.set_xticks(sizes["n"], sizes["n"])
axes.minorticks_off()
axes.set_xlabel("cell lines, and as many genes")
axes.set_ylabel("megabytes, measured")
axes.set_title("Twice the samples: four times the pairs")
axes.legend()
plt.show()
sizes
# %% [en]
# ## The same function from the small tensors
#
# A first layer multiplies the row of a pair by a matrix of weights. That row is a profile $x$
# followed by a fingerprint $g$, so the weights fall into two parts as well, and
#
# $$W\,[x; g] + b = W_x\,x + (W_g\,g + b).$$
#
# The first part is the same for all pairs of a line, the second for all pairs of a gene. So
# calculate each once, and let **broadcasting** add them: `(line, 1, width) + (1, gene, width)`.
# %% [ko]
# ## 작은 텐서로 같은 함수를 계산하기
#
# 신경망의 첫 층은 쌍의 행에 가중치 행렬을 곱합니다. 그 행은 프로파일 $x$ 뒤에 지문 $g$를 이어 붙인
# 것이므로 가중치도 두 부분으로 나눌 수 있습니다.
#
# $$W\,[x; g] + b = W_x\,x + (W_g\,g + b).$$
#
# 앞부분은 같은 세포주의 모든 쌍에서 같고, 뒷부분은 같은 유전자의 모든 쌍에서 같습니다. 그러니 각각
# 한 번씩만 계산하고 **브로드캐스팅**으로 더하면 됩니다. 모양은 `(line, 1, width) + (1, gene,
# width)`입니다.
# %%
from time import perf_counter

width = 50
rng = np.random.default_rng(0)
weights = rng.normal(size=(profiles.shape[1] + fingerprints.shape[1], width)).astype("float32")
of_profile, of_fingerprint = np.split(weights, [profiles.shape[1]])

start = perf_counter()
from_pairs = table_of_pairs(profiles, fingerprints) @ weights  # (pair, width)
seconds_by_pairs = perf_counter() - start

start = perf_counter()
line_part = profiles @ of_profile  # (line, width)
gene_part = fingerprints @ of_fingerprint  # (gene, width)
from_sides = line_part[:, None, :] + gene_part[None, :, :]  # (line, gene, width)
seconds_by_sides = perf_counter() - start

assert np.allclose(from_pairs, from_sides.reshape(-1, width), atol=1e-3)
print(f"a row per pair: {1e3 * seconds_by_pairs:6.1f} ms, {len(from_pairs):,} rows multiplied")
n_rows = len(line_part) + len(gene_part)
print(f"each side once: {1e3 * seconds_by_sides:6.1f} ms, {n_rows} rows multiplied")
# %% [en]
# The numbers agree. This is the idea that deepdep is built on: a predictor maps *(samples x
# features)* and *(genes x gene sets)* to a **table** *(samples x genes)*, and no table of pairs is
# ever held.
#
# **Exercise 2.** DepMap now has about 1,100 screened lines and 17,900 genes. How large would the
# table of pairs be with DeepDEP's features? And each side once?
#
# <details>
# <summary>Answer</summary>
#
# ```python
# 1_100 * 17_900 * (24_632 + 3_115) * 4 / 1e12          # 2.2 TB
# (1_100 * 24_632 + 17_900 * 3_115) * 4 / 1e6           # 331 MB
# ```
#
# A laptop holds the second. No machine that you are likely to be given holds the first.
# </details>
# %% [ko]
# 두 결과가 같습니다. deepdep은 바로 이 생각 위에 세워졌습니다. 예측기(predictor)는 (검체 x 특징)과
# (유전자 x 유전자 집합)을 받아 (검체 x 유전자) **표**를 돌려주며, 쌍의 표는 어디에서도 만들지
# 않습니다.
#
# **연습 2.** 현재 DepMap에는 스크리닝된 세포주가 약 1,100개, 유전자가 17,900개 있습니다. DeepDEP의
# 특징을 그대로 쓴다면 쌍의 표는 얼마나 커집니까? 양쪽을 한 번씩만 저장하면 얼마입니까?
#
# <details>
# <summary>답</summary>
#
# ```python
# 1_100 * 17_900 * (24_632 + 3_115) * 4 / 1e12          # 2.2 TB
# (1_100 * 24_632 + 17_900 * 3_115) * 4 / 1e6           # 331 MB
# ```
#
# 뒤의 것은 노트북 컴퓨터에도 들어갑니다. 앞의 것이 들어가는 컴퓨터를 받을 일은 거의 없을 것입니다.
# </details>
# %% [en]
# ## A first model, and its gradient
#
# Predict how much a line needs **MDM2** from its expression. The model is one `Dense` layer without
# activation: a weight per gene and a bias, linear regression. Lines are split in two; a patient's
# lines stay together, because two lines of one patient are nearly the same sample.
# %% [ko]
# ## 첫 번째 모델과 그 기울기
#
# 발현량(expression)으로 세포주가 **MDM2**를 얼마나 필요로 하는지 예측해 봅시다. 모델은 활성화
# 함수가 없는 `Dense` 층 하나, 곧 유전자마다 가중치 하나와 절편을 가진 선형 회귀입니다. 세포주는
# 둘로 나눕니다. 같은 환자에게서 온 세포주들은 사실상 같은 검체이므로 반드시 같은 쪽에 둡니다.
# %%
import keras

keras.utils.set_random_seed(1)
measured = effect.index.intersection(expression.index)
patient = cohort.cell_lines.obs.loc[measured, "patient_id"]
held_out = patient.isin(np.random.default_rng(0).permutation(patient.unique())[:45])
learned = expression.loc[measured[~held_out]]
standardized = (expression.loc[measured] - learned.mean()) / learned.std()
x_train = standardized[~held_out].to_numpy("float32")
x_test = standardized[held_out].to_numpy("float32")
y_train = effect[measured][~held_out].to_numpy("float32").reshape(-1, 1)  # (n, 1), on purpose
y_test = effect[measured][held_out].to_numpy("float32").reshape(-1, 1)

model = keras.Sequential(
    [
        keras.Input((x_train.shape[1],)),
        keras.layers.Dense(1, kernel_initializer="zeros", name="linear"),
    ]
)
model.summary()
assert model(x_train).shape == y_train.shape
# %% [en]
# Training needs one thing of calculus: in which direction does the loss fall fastest? That is the
# **gradient**, a number per weight. `GradientTape` records what is calculated and differentiates
# it. For a model this small you can check it in two ways: by the formula, $\frac{2}{n} X^\top(\hat
# y - y)$, and by nudging one weight and looking at the loss.
# %% [ko]
# 학습에 필요한 미적분은 한 가지뿐입니다. 손실(loss)은 어느 방향으로 가장 빨리 줄어드는가? 그 답이
# **기울기**(gradient)이며, 가중치마다 숫자 하나씩입니다. `GradientTape`는 계산 과정을 기록해
# 두었다가 미분해 줍니다. 이렇게 작은 모델이라면 두 가지 방법으로 검산할 수 있습니다. 하나는 공식
# $\frac{2}{n} X^\top(\hat y - y)$이고, 다른 하나는 가중치 하나를 살짝 움직여 손실이 얼마나 변하는지
# 보는 것입니다.
# %%
weights = model.get_layer("linear").kernel


def loss_now():
    return tf.reduce_mean((model(x_train) - y_train) ** 2)


with tf.GradientTape() as tape:
    loss = loss_now()
gradient = tape.gradient(loss, weights.value).numpy()

by_formula = 2 / len(x_train) * x_train.T @ (model(x_train).numpy() - y_train)
gene = expression.columns.get_loc(expression.columns[np.abs(gradient).argmax()])
nudge = np.zeros_like(gradient)
nudge[gene] = 1e-2
before = weights.numpy()
weights.assign(before + nudge)
above = float(loss_now())
weights.assign(before - nudge)
below = float(loss_now())
weights.assign(before)

print("weights", weights.shape, " gradient", gradient.shape)
print("of", expression.columns[gene], "by the tape:  ", gradient[gene, 0].round(4))
print("of", expression.columns[gene], "by formula:   ", by_formula[gene, 0].round(4))
print("of", expression.columns[gene], "by nudging it:", round((above - below) / 2e-2, 4))
assert np.allclose(gradient, by_formula, atol=1e-4)
assert np.isclose((above - below) / 2e-2, gradient[gene, 0], rtol=0.02)
# %% [en]
# One step of training is `weights -= rate * gradient`. `fit` does that some hundred times. Watch
# two curves: the lines it learns from, and those it does not see. The dotted line is the model that
# always answers with the mean.
# %% [ko]
# 학습 한 걸음은 `weights -= rate * gradient`가 전부이고, `fit`은 이것을 수백 번 되풀이합니다. 두
# 곡선을 함께 보십시오. 하나는 학습에 쓴 세포주, 다른 하나는 보여 주지 않은 세포주의 오차입니다.
# 점선은 언제나 평균을 답하는 모델입니다.
# %%
model.compile(keras.optimizers.SGD(0.002), loss="mse")
history = model.fit(
    x_train, y_train, epochs=200, batch_size=16, validation_data=(x_test, y_test), verbose=0
).history
of_mean = float(((y_test - y_train.mean()) ** 2).mean())

figure, axes = plt.subplots(figsize=(4.6, 3))
axes.plot(history["loss"], color=BLUE, label="lines learned from")
axes.plot(history["val_loss"], color=VERMILION, linestyle="--", label="lines never shown")
axes.axhline(of_mean, color=SOFT, linestyle=":", label="the mean, lines never shown")
axes.set(xlabel="epoch", ylabel="mean squared error", ylim=(0, 2 * of_mean))
axes.set_title("MDM2 from expression")
axes.legend()
plt.show()
print(f"{x_train.shape[1] + 1} weights, {len(x_train)} lines to learn from")
print(f"learned from {history['loss'][-1]:.3f}, never shown {history['val_loss'][-1]:.3f}")
assert min(history["val_loss"]) < of_mean
assert history["loss"][-1] < history["val_loss"][-1] / 2
assert min(history["val_loss"]) < history["val_loss"][-1]
# %% [en]
# There are more weights than lines, so the model can fit what it was shown almost at will, and goes
# on doing so when it has long ceased to help: the curve of the lines it never saw turns up again.
# That is **overfitting**, and the reason why networks are stopped early.
#
# Which genes did it use? The planted cause is an intact *TP53*. Where TP53 is intact it switches on
# its targets, *CDKN1A* and *MDM2* itself among them. Look whether they are there, and how much else
# is.
# %% [ko]
# 가중치가 세포주보다 많으므로 모델은 보여 준 데이터에 얼마든지 맞출 수 있고, 더는 도움이 되지
# 않는데도 계속 맞춰 갑니다. 보여 주지 않은 세포주의 곡선이 다시 올라가는 것이 보일 것입니다. 이것이
# **과적합**(overfitting)이며, 신경망을 일찍 멈추는(early stopping) 이유입니다.
#
# 그렇다면 모델은 어떤 유전자를 사용했을까요? 심어 둔 원인은 온전한 *TP53*입니다. TP53이 온전하면
# *CDKN1A*, 그리고 *MDM2* 자신과 같은 표적 유전자가 켜집니다. 이 유전자들이 보이는지, 또 다른
# 유전자는 얼마나 섞여 있는지 확인해 보십시오.
# %%
learned_weights = pd.Series(weights.numpy()[:, 0], expression.columns)
strongest = learned_weights[learned_weights.abs().nlargest(10).index].sort_values()
figure, axes = plt.subplots(figsize=(4.6, 2.6))
axes.barh(strongest.index, strongest, color=BLUE)
axes.axvline(0, color=INK, linewidth=0.6)
axes.set_xlabel("weight: effect of MDM2 per SD of expression (negative: more needed)")
axes.set_title("What the model looks at")
plt.show()
assert "MDM2" in strongest.index
# %% [en]
# **Exercise 3.** Raise the learning rate to 0.2 and train again. What happens to the loss, and why?
#
# <details>
# <summary>Answer</summary>
#
# It grows to infinity and becomes `nan`. The gradient is a direction that holds nearby; a step that
# is too long jumps over the valley and lands higher than it started, where the gradient is larger
# still. With 160 correlated inputs the valley is steep in one direction: 2 / (largest eigenvalue of
# the Hessian) is the longest step that converges.
# </details>
#
# **Exercise 4.** Why `reshape(-1, 1)` for the labels? Take it away and look at the shape inside
# `loss_now()`.
#
# <details>
# <summary>Answer</summary>
#
# `model(x_train)` is `(n, 1)`, labels would be `(n,)`, and the difference `(n, n)`: the silent
# mistake from above. The best the model could then do is to predict the mean for everyone.
# </details>
#
# Next: [2. Autoencoders](02_autoencoder.ipynb).
# %% [ko]
# **연습 3.** 학습률(learning rate)을 0.2로 올려서 다시 학습시켜 보십시오. 손실이 어떻게 됩니까?
# 이유는 무엇입니까?
#
# <details>
# <summary>답</summary>
#
# 손실이 끝없이 커지다가 `nan`이 됩니다. 기울기는 가까운 곳에서만 맞는 방향입니다. 걸음이 너무 길면
# 골짜기를 건너뛰어 출발점보다 높은 곳에 떨어지고, 그곳의 기울기는 더 큽니다. 서로 상관된 입력
# 160개가 있으면 골짜기가 한 방향으로 매우 가파릅니다. 수렴하는 가장 긴 걸음은 2 / (헤세 행렬의 최대
# 고윳값)입니다.
# </details>
#
# **연습 4.** 레이블에 왜 `reshape(-1, 1)`을 썼을까요? 지우고 나서 `loss_now()` 안의 모양을
# 살펴보십시오.
#
# <details>
# <summary>답</summary>
#
# `model(x_train)`은 `(n, 1)`인데 레이블이 `(n,)`이면 차이는 `(n, n)`이 됩니다. 앞에서 본 조용한
# 실수입니다. 그렇게 되면 모델이 할 수 있는 최선은 모두에게 평균을 답하는 것뿐입니다.
# </details>
#
# 다음 시간: [2. 오토인코더](02_autoencoder.ipynb)
