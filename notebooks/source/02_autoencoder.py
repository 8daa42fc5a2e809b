# %% [en]
# # 2. Autoencoders: what fits through a bottleneck
#
# *About 45 minutes to read and try; the cells run in a minute.*
#
# There are thousands of tumours with expression and no CRISPR screen. What can they teach without
# labels? An **autoencoder** learns to press a profile into a few numbers, the **code**, and to
# restore the profile from them. Here you build one from its two halves, the encoder and the
# decoder, measure it against the yardstick that most courses leave out (PCA), look at ReLU codes
# and linear codes, shallow and deep, and then ask what is in the code: the lineage? The purity of
# the tumour?
# %% [ko]
# # 2. 오토인코더: 병목을 통과하는 정보
#
# *읽고 따라 하는 데 약 45분, 셀 실행은 1분 정도 걸립니다.*
#
# 발현량은 측정했지만 CRISPR 스크리닝은 하지 못한 종양이 수천 개 있습니다. 레이블이 없는 이
# 데이터에서 무엇을 배울 수 있을까요? **오토인코더**(autoencoder)는 프로파일을 숫자 몇 개로 된
# **코드**(code)로 압축하고, 그 코드에서 다시 프로파일을 복원하도록 학습합니다. 이번 시간에는
# 인코더(encoder)와 디코더(decoder)를 따로 만들어 이어 붙이고, 많은 강의에서 빠뜨리는 기준인 PCA와
# 비교해 봅니다. 이어서 ReLU 코드와 선형 코드, 얕은 모델과 깊은 모델을 견주어 보고, 코드 안에 무엇이
# 들어 있는지 묻습니다. 계통(lineage)일까요, 아니면 종양 순도(purity)일까요?
# %% [setup]
# %% [en]
# ## Tumours, standardised by those that we learn from
#
# Simulated tumours, 600 of them, nearly all with expression; 120 are held out and only judge. Means
# and deviations come from the others alone: whatever is estimated from data is part of the model,
# and the judges must not help.
# %% [ko]
# ## 학습에 쓰는 종양만으로 표준화하기
#
# 시뮬레이션한 종양 600개는 거의 모두 발현량이 측정되어 있습니다. 그 가운데 120개는 떼어 두고
# 평가에만 씁니다. 평균과 표준편차는 나머지 종양에서만 계산합니다. 데이터에서 추정한 값은 모두
# 모델의 일부이므로, 평가용 검체가 여기에 끼어들어서는 안 됩니다.
# %%
from deepdep.simulation import SimulationSettings

SEED = 1
size = SimulationSettings.of_size(
    "demo", n_tumors=600, n_cell_lines=160, n_genes=60, n_expression=400
)
cohort = deepdep.simulate(size, np.random.default_rng(SEED)).cohort
expression = cohort.tumors.omics["expression"]  # (tumour, gene), log2(TPM + 1)
lineage = cohort.tumors.obs.loc[expression.index, "lineage"]

held_out = np.random.default_rng(0).permutation(len(expression)) < 120
learned = expression[~held_out]
standardized = ((expression - learned.mean()) / learned.std()).astype("float32")
train, test = standardized[~held_out].to_numpy(), standardized[held_out].to_numpy()
print(f"learn from {train.shape}, judge on {test.shape}; {lineage.nunique()} lineages")
# %% [en]
# ## The yardstick: PCA
#
# Every gene has variance 1, so a model that restores each profile as the mean has a mean squared
# error of 1. One minus the error is the share of the variance that went through the bottleneck.
# **PCA** is the best that any *linear* encoder and decoder can do on what they learn from. It takes
# milliseconds.
# %% [ko]
# ## 비교 기준: PCA
#
# 모든 유전자의 분산이 1이므로, 어떤 프로파일이든 평균으로 복원하는 모델의 평균 제곱 오차는 1입니다.
# 1에서 오차를 빼면 병목을 통과한 분산의 비율이 됩니다. **PCA**는 학습 데이터에 대해 *선형* 인코더와
# 디코더가 도달할 수 있는 최선이며, 계산에는 수 밀리초면 충분합니다.
# %%
from sklearn.decomposition import PCA

WIDTH = 16  # of the code


def explained(restored, profiles):
    """Return the share of the variance of profiles (tumour, gene) that was restored."""
    return 1 - ((restored - profiles) ** 2).mean()


pca = PCA(WIDTH, random_state=0).fit(train)
results = {}
codes = {"PCA": (pca.transform(train), pca.transform(test))}
results["PCA"] = {
    "learned from": explained(pca.inverse_transform(codes["PCA"][0]), train),
    "held out": explained(pca.inverse_transform(codes["PCA"][1]), test),
}
pd.DataFrame(results).T.round(3)
# %% [en]
# ## An encoder, a decoder
#
# Three functions: the encoder, `400 -> ... -> 16`; the decoder, its mirror image; and one behind
# the other, trained to return its own input. The encoder shares its weights with the whole, so when
# the whole has learned, so has the encoder.
# %% [ko]
# ## 인코더와 디코더
#
# 함수는 세 개입니다. `400 -> ... -> 16`으로 줄이는 인코더, 그 거울상인 디코더, 그리고 둘을 이어
# 붙여 입력을 그대로 돌려주도록 학습하는 전체 모델입니다. 인코더는 전체 모델과 가중치를 공유하므로,
# 전체가 학습하면 인코더도 학습한 것입니다.
# %%
import keras


def build(hidden_widths, code_activation):
    """Return an encoder and the autoencoder that it is half of."""
    profile = keras.Input((train.shape[1],), name="profile")
    layer = profile
    for width in hidden_widths:
        layer = keras.layers.Dense(width, "relu", kernel_initializer="he_uniform")(layer)
    code = keras.layers.Dense(WIDTH, code_activation, name="code")(layer)
    encoder = keras.Model(profile, code, name="encoder")

    code_input = keras.Input((WIDTH,), name="code_to_restore")
    layer = code_input
    for width in reversed(hidden_widths):
        layer = keras.layers.Dense(width, "relu", kernel_initializer="he_uniform")(layer)
    restored = keras.layers.Dense(train.shape[1], name="restored")(layer)
    decoder = keras.Model(code_input, restored, name="decoder")
    return encoder, keras.Model(profile, decoder(encoder(profile)), name="autoencoder")


curves = {}


def learn(name, hidden_widths, code_activation, epochs=60):
    """Train an autoencoder without labels; keep its codes, its curve and how much it restores."""
    keras.utils.set_random_seed(1)
    encoder, autoencoder = build(hidden_widths, code_activation)
    autoencoder.compile(keras.optimizers.Adam(0.002), loss="mse")
    curves[name] = autoencoder.fit(
        train, train, validation_data=(test, test), epochs=epochs, batch_size=64, verbose=0
    ).history
    codes[name] = tuple(encoder.predict(each, verbose=0) for each in (train, test))
    results[name] = {
        "learned from": explained(autoencoder.predict(train, verbose=0), train),
        "held out": explained(autoencoder.predict(test, verbose=0), test),
    }
    return encoder


encoder = learn("shallow, linear code", (), "linear")
print(f"encoder: {encoder.count_params():,} weights")
pd.DataFrame(results).T.round(3)
# %% [en]
# The shallow autoencoder without any activation *is* a linear encoder and decoder, found by
# gradient steps rather than by algebra. It approaches PCA and cannot pass it where it learned:
# %% [ko]
# 활성화 함수가 없는 얕은 오토인코더는 선형 인코더와 디코더 *그 자체*입니다. 다만 답을 대수가 아니라
# 경사 하강으로 찾을 뿐입니다. 그래서 PCA에 다가가지만, 학습한 데이터에서 PCA를 넘어설 수는
# 없습니다.
# %%
assert results["shallow, linear code"]["learned from"] <= results["PCA"]["learned from"]
gap = results["PCA"]["learned from"] - results["shallow, linear code"]["learned from"]
print(f"PCA restores {gap:.3f} more of the variance")
assert gap < 0.03
# %% [en]
# ## A ReLU code throws half of each axis away
#
# DeepDEP has a ReLU on every layer, the code included. A linear unit tells *more* from *less*; a
# ReLU unit answers 0 to everything below its threshold. A unit that is 0 for every sample is
# **dead**: its gradient is 0 too, so it never comes back. Measure how often each unit says
# anything:
# %% [ko]
# ## ReLU 코드는 축의 절반을 버립니다
#
# DeepDEP은 코드를 포함한 모든 층에 ReLU를 씁니다. 선형 유닛은 *많고 적음*을 양쪽으로 말할 수
# 있지만, ReLU 유닛은 문턱값 아래의 모든 입력에 0이라고 답합니다. 모든 검체에서 0인 유닛을 **죽은
# 유닛**(dead unit)이라고 합니다. 기울기도 0이 되므로 다시 살아나지 못합니다. 각 유닛이 얼마나 자주
# 값을 내는지 재어 봅시다.
# %%
learn("shallow, ReLU code", (), "relu")
of_relu, of_linear = codes["shallow, ReLU code"][0], codes["shallow, linear code"][0]

figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.6))
for axes, code, title in ((left, of_linear, "Linear code"), (right, of_relu, "ReLU code")):
    active = np.sort((np.abs(code) > 1e-6).mean(axis=0))[::-1]
    axes.bar(range(1, WIDTH + 1), active, color=BLUE)
    axes.set(xlabel="unit of the code, ordered", ylabel="share of tumours, not 0", ylim=(0, 1.05))
    axes.set_title(title)
plt.show()
print("dead units of the ReLU code:", int((of_relu.max(axis=0) == 0).sum()), "of", WIDTH)
print(pd.DataFrame(results).T.round(3))
assert ((np.abs(of_linear) > 1e-6).mean(axis=0) > 0.9).all()
assert results["shallow, ReLU code"]["held out"] < results["shallow, linear code"]["held out"]
# %% [en]
# With the same sixteen numbers the ReLU code restores less. That is why deepdep's encoders have
# ReLU-like *hidden* layers and a **linear code**.
#
# **Exercise 1.** Which width of the ReLU code restores as much of the held-out tumours as 16 linear
# units? Change `WIDTH` and see.
#
# <details>
# <summary>Answer</summary>
#
# Guess first: if a linear axis needs two ReLU units, one for each direction, 32. It is fewer: when
# this lesson was written, 32 ReLU units restored 0.40, more than 16 linear ones with 0.36. Run the
# cells from `WIDTH` on. Compare with the figure of 16 linear units that you wrote down before, as
# the linear code has changed its width, too.
# </details>
# %% [ko]
# 똑같이 숫자 16개를 쓰는데도 ReLU 코드는 덜 복원합니다. 그래서 deepdep의 인코더는 *은닉층*에는
# ReLU와 비슷한 비선형 함수를 두되 **코드는 선형**으로 둡니다.
#
# **연습 1.** 떼어 둔 종양을 선형 유닛 16개만큼 복원하려면 ReLU 코드의 폭은 얼마여야 합니까?
# `WIDTH`를 바꾸어 확인해 보십시오.
#
# <details>
# <summary>답</summary>
#
# 먼저 짐작해 보십시오. 선형 축 하나를 나타내는 데 방향마다 하나씩 ReLU 유닛 두 개가 필요하다면 32일
# 것입니다. 실제로는 그보다 적습니다. 이 강의를 쓸 때 ReLU 유닛 32개는 0.40을 복원하여 선형 유닛
# 16개의 0.36을 넘었습니다. `WIDTH`가 있는 셀부터 다시 실행합니다. 이때 선형 코드의 폭도 함께
# 바뀌므로, 선형 유닛 16개일 때의 값을 미리 적어 두었다가 비교해야 합니다.
# </details>
# %% [en]
# ## Deep: more can be restored, of what was seen
#
# With a hidden layer of 128 units on both sides the functions may bend. Look at both curves.
# %% [ko]
# ## 깊은 모델: 본 것은 더 잘 복원합니다
#
# 양쪽에 유닛 128개짜리 은닉층을 넣으면 함수가 휘어질 수 있습니다. 두 곡선을 함께 보십시오.
# %%
learn("deep, linear code", (128,), "linear")

figure, axes = plt.subplots(figsize=(5, 3.2))
for name, color in (("shallow, linear code", BLUE), ("deep, linear code", VERMILION)):
    axes.plot(1 - np.array(curves[name]["loss"]), color=color, label=f"{name}: learned from")
    axes.plot(
        1 - np.array(curves[name]["val_loss"]), color=color, linestyle="--", label="  held out"
    )
axes.axhline(results["PCA"]["held out"], color=INK, linestyle=":", label="PCA: held out")
axes.set(xlabel="epoch", ylabel="share of variance restored", ylim=(0, 0.8))
axes.set_title("Depth remembers")
axes.legend(ncols=2)
plt.show()
deep, pca_result = results["deep, linear code"], results["PCA"]
assert deep["learned from"] > pca_result["learned from"] + 0.1
assert deep["held out"] < pca_result["held out"]
pd.DataFrame(results).T.round(3)
# %% [en]
# The deep one passes PCA by far on tumours it learned from, and does not pass it on the others.
# With a few hundred tumours, what it gains is memory. More tumours, hiding part of the input
# (corruption), weight decay and stopping by held-out loss move that, and none of them is to be
# believed before it is measured. deepdep does all four.
#
# **Exercise 2.** Put `keras.layers.Dropout(0.3)` between `profile` and the first layer (a
# *denoising* autoencoder: it must restore what it was not shown). What happens to the two curves of
# the deep model?
#
# <details>
# <summary>Answer</summary>
#
# ```python
# layer = keras.layers.Dropout(0.3)(profile)
# ```
#
# The held-out share rises, from 0.24 to 0.37 when this lesson was written, beside PCA's 0.36: a
# hidden gene can only be restored from genes that go along with it, and what is true of groups of
# genes holds for new tumours, too. Is 0.01 more than PCA a gain? Repeat it with other seeds before
# you say so.
# </details>
# %% [ko]
# 깊은 모델은 학습한 종양에서는 PCA를 크게 앞서지만, 나머지 종양에서는 앞서지 못합니다. 종양 수백
# 개로 얻은 이득은 사실상 암기입니다. 종양을 늘리거나, 입력의 일부를 가리거나(corruption), 가중치
# 감쇠(weight decay)를 쓰거나, 떼어 둔 검체의 손실을 보고 멈추면 달라질 수 있습니다. 그러나 어느
# 것이든 측정하기 전에는 믿지 마십시오. deepdep은 이 네 가지를 모두 씁니다.
#
# **연습 2.** `profile`과 첫 층 사이에 `keras.layers.Dropout(0.3)`을 넣어 보십시오. 보지 못한 값을
# 복원해야 하는 *잡음 제거*(denoising) 오토인코더입니다. 깊은 모델의 두 곡선은 어떻게 됩니까?
#
# <details>
# <summary>답</summary>
#
# ```python
# layer = keras.layers.Dropout(0.3)(profile)
# ```
#
# 떼어 둔 종양에서 복원하는 비율이 올라갑니다. 이 강의를 쓸 때에는 0.24에서 0.37로 올랐고, PCA는
# 0.36이었습니다. 가려진 유전자는 함께 움직이는 다른 유전자로부터만 복원할 수 있고, 유전자 무리에
# 대해 성립하는 사실은 새로운 종양에서도 성립하기 때문입니다. PCA보다 0.01 높은 것을 개선이라고 할
# 수 있을까요? 그렇게 말하기 전에 다른 시드로 되풀이해 보십시오.
# </details>
# %% [en]
# ## What is in the code?
#
# Nobody told the autoencoder about tissues. Does the nearest tumour *by code* have the same
# lineage? For each held-out tumour, look up the nearest of those learned from. Guessing the
# commonest lineage is the least that must be beaten, and all 400 genes are the comparison.
#
# And **purity**, the share of cancer cells in the tumour? Normal cells bring their genes along. In
# this simulation the truth can be looked up: purity is the first thing that is drawn for the omics.
# In real tumours it cannot, so one takes marker genes of immune and stromal cells, as ESTIMATE
# does.
# %% [ko]
# ## 코드에는 무엇이 들어 있을까요?
#
# 오토인코더에게 조직에 대해 알려 준 사람은 없습니다. *코드로 보아* 가장 가까운 종양은 같은
# 계통일까요? 떼어 둔 종양마다 학습에 쓴 종양 가운데 가장 가까운 것을 찾아봅니다(최근접 이웃). 가장
# 흔한 계통이라고 찍는 것보다는 나아야 하고, 유전자 400개를 모두 썼을 때와도 비교해 보아야 합니다.
#
# 그렇다면 종양에서 암세포가 차지하는 비율, 즉 **순도**(purity)는 어떨까요? 정상 세포가 섞이면 그
# 세포의 유전자도 함께 측정됩니다. 시뮬레이션에서는 정답을 알 수 있습니다. 오믹스를 만들 때 순도를
# 가장 먼저 추첨하기 때문입니다. 실제 종양에서는 정답을 알 수 없으므로 ESTIMATE처럼 면역세포와
# 기질세포의 표지 유전자(marker gene)를 이용합니다.
# %%
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier

from deepdep.simulation.assay import Mixture

everyone = pd.concat([cohort.tumors.obs, cohort.cell_lines.obs])
of_omics = np.random.default_rng(SEED).spawn(6)[3]  # the generator that simulate() gives the omics
purity = pd.Series(Mixture.draw(everyone, of_omics).cancer, everyone.index)[expression.index]
markers = [gene for gene in ("CD3D", "CD3E", "CD19", "COL1A1", "FN1") if gene in expression]
score = expression[markers].mean(axis=1)
print(f"purity with the mean of {', '.join(markers)}: r {np.corrcoef(purity, score)[0, 1]:.2f}")
assert np.corrcoef(purity, score)[0, 1] < -0.7

codes["all 400 genes"] = (train, test)
found = {}
for name, (of_train, of_test) in codes.items():
    nearest = KNeighborsClassifier(1).fit(of_train, lineage[~held_out])
    read = Ridge(1.0).fit(of_train, purity[~held_out]).predict(of_test)
    found[name] = {
        "nearest has the same lineage": nearest.score(of_test, lineage[held_out]),
        "r with purity": np.corrcoef(read, purity[held_out])[0, 1],
    }
found = pd.DataFrame(found).T
by_chance = (lineage[held_out] == lineage[~held_out].mode()[0]).mean()
print(f"the commonest lineage for everyone: {by_chance:.2f}")
assert found["nearest has the same lineage"].min() > by_chance + 0.3
assert found["r with purity"].min() > 0.4

figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.4), sharey=True)
for axes, column in ((left, "nearest has the same lineage"), (right, "r with purity")):
    axes.barh(found.index, found[column], color=BLUE, height=0.6)
    axes.set(xlabel=column, xlim=(0, 1))
left.axvline(by_chance, color=VERMILION, linestyle="--")
left.annotate(
    "commonest lineage",
    (by_chance, 4.6),
    (4, 0),
    textcoords="offset points",
    color=VERMILION,
    annotation_clip=False,
)
left.set_title("Lineage is in the code", y=1.06)
right.set_title("So is purity", y=1.06)
plt.show()
found.round(2)
# %%
plane = PCA(2, random_state=0).fit(codes["shallow, linear code"][0])
x, y = plane.transform(codes["shallow, linear code"][0]).T
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.1))
left.scatter(x, y, color=FAINT, s=8)
named = lineage[~held_out]
styles = zip((BLUE, ORANGE, GREEN, VERMILION), "os^D", strict=True)
for tissue, (color, marker) in zip(named.value_counts().index[:4], styles, strict=True):
    here = (named == tissue).to_numpy()
    left.scatter(x[here], y[here], color=color, marker=marker, s=12, label=tissue)
left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4, columnspacing=1)
left.set_title("The four commonest lineages")
points = right.scatter(x, y, c=purity[~held_out], cmap="cividis", s=8)
figure.colorbar(points, label="purity")
right.set_title("The same tumours by purity")
for axes in (left, right):
    axes.set(xlabel="first axis of the code", ylabel="second axis", xticks=[], yticks=[])
plt.show()
# %% [en]
# Both are there, and that is a warning as much as a success. Cell lines in a dish are pure. A
# direction of the code that says *how much immune tissue* fills sixteen numbers with something that
# no line has, and that no gene effect depends on. The autoencoder restores what **varies most**,
# which need not be what cells **depend on**. Lesson 3 measures what pretraining is worth when it
# comes to dependencies.
#
# **Exercise 3.** Put the cell lines through the encoder (standardised by their own means and
# deviations), and read their "purity" off the code. What do you expect, and what if you standardise
# them by the tumours' means?
#
# <details>
# <summary>Answer</summary>
#
# ```python
# lines = cohort.cell_lines.omics["expression"][expression.columns]
# reader = Ridge(1.0).fit(codes["shallow, linear code"][0], purity[~held_out])
# for by in (lines, learned):
#     profiles = ((lines - by.mean()) / by.std()).fillna(0).to_numpy("float32")
#     print(reader.predict(encoder.predict(profiles, verbose=0)).mean())
# ```
#
# By their own means the lines look like average tumours: their mean is 0 for every gene. By the
# tumours' means they are read as purer. deepdep standardises lines and tumours each by themselves
# (`scale: by_source`), so that an encoder which learned from tumours meets lines where it expects
# samples to be.
# </details>
#
# Next: [3. Pretraining, measured](03_pretraining.ipynb).
# %% [ko]
# 둘 다 들어 있습니다. 성공이라고 할 수 있지만 경고이기도 합니다. 배양 접시의 세포주는 순수합니다.
# *면역 조직이 얼마나 섞였는지*를 나타내는 축은, 숫자 열여섯 개뿐인 코드의 자리를 세포주에는 있지도
# 않고 어떤 유전자 효과와도 무관한 정보로 채우는 셈입니다. 오토인코더는 **가장 크게 변하는 것**을
# 복원할 뿐이며, 그것이 세포가 **의존하는 것**이라는 보장은 없습니다. 의존성을 예측할 때 사전
# 학습(pretraining)이 얼마나 도움이 되는지는 3강에서 측정합니다.
#
# **연습 3.** 세포주를 자신의 평균과 표준편차로 표준화해 인코더에 넣고, 코드에서 "순도"를 읽어
# 보십시오. 어떤 값이 나오리라 예상합니까? 종양의 평균으로 표준화하면 어떻게 됩니까?
#
# <details>
# <summary>답</summary>
#
# ```python
# lines = cohort.cell_lines.omics["expression"][expression.columns]
# reader = Ridge(1.0).fit(codes["shallow, linear code"][0], purity[~held_out])
# for by in (lines, learned):
#     profiles = ((lines - by.mean()) / by.std()).fillna(0).to_numpy("float32")
#     print(reader.predict(encoder.predict(profiles, verbose=0)).mean())
# ```
#
# 자신의 평균으로 표준화하면 모든 유전자의 평균이 0이므로 평균적인 종양처럼 보입니다. 종양의
# 평균으로 표준화하면 더 순수하다고 읽힙니다. deepdep은 세포주와 종양을 각각 따로
# 표준화합니다(`scale: by_source`). 그래야 종양에서 배운 인코더가 검체가 있으리라 기대하는 곳에서
# 세포주를 만나기 때문입니다.
# </details>
#
# 다음 시간: [3. 사전 학습의 가치를 측정하기](03_pretraining.ipynb)
