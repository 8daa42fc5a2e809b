# %% [en]
# # 4. One patient
#
# *About 40 minutes to read and try; the cells run in a minute.*
#
# A table of predictions is not an answer. Somebody who has one tumour before them asks: what does
# it need? How sure is that? Because of what? And who has seen the like? This lesson goes through
# these four questions for one tumour: prediction, interval, cause, witnesses. As the cohort is
# simulated, the truth can be looked up at the end.
# %% [ko]
# # 4. 환자 한 명
#
# *읽고 따라 하는 데 약 40분, 셀 실행은 1분 정도 걸립니다.*
#
# 예측값이 가득한 표는 아직 답이 아닙니다. 종양 하나를 앞에 둔 사람은 이렇게 묻습니다. 이 종양은
# 무엇을 필요로 하는가? 얼마나 확실한가? 무엇 때문인가? 비슷한 것을 실제로 본 적이 있는가? 이번
# 시간에는 한 종양을 두고 이 네 가지 질문, 곧 예측과 구간, 원인과 증인을 차례로 다룹니다.
# 시뮬레이션한 코호트이므로 마지막에 정답도 확인할 수 있습니다.
# %% [setup]
# %% [en]
# ## A predictor
#
# The front door has four names for this: `read_settings`, `simulate` (or `read_cohort` for your own
# data), `prepare` and `Predictor`. Networks are left out here; lesson 3 showed why that costs
# little.
# %% [ko]
# ## 예측기 만들기
#
# 여기에 필요한 이름은 네 개뿐입니다. `read_settings`, `simulate`(자신의 데이터라면 `read_cohort`),
# `prepare`, 그리고 `Predictor`입니다. 신경망은 쓰지 않습니다. 빼도 잃는 것이 적다는 것을 3강에서
# 보았습니다.
# %%
from deepdep.data.splits import Split
from deepdep.simulation import SimulationSettings

size = SimulationSettings.of_size(
    "demo", n_tumors=400, n_cell_lines=200, n_genes=120, n_expression=400
)
simulation = deepdep.simulate(size, np.random.default_rng(1))
cohort = simulation.cohort
settings = deepdep.read_settings(PARAMS).changed({"finetune.n_members": 0, "pretrain.*.epochs": 0})
prepared = deepdep.prepare(cohort, settings.prepare, settings.omics)
predictor = deepdep.Predictor(settings.training).fit(prepared)
predicted = predictor.predict(cohort.tumors)
print(predicted.effect.shape, "(tumour, gene)")
print(*predicted.notes, predicted.trust_note, sep="\n")
# %% [en]
# Read the notes: some tumours lack an omic and are predicted without it, and not every gene is
# worth believing. `trusted` was decided on patients left out of training, at a false discovery rate
# of 5 %.
#
# ## What does it need?
#
# The lowest gene effects are the same in every tumour: ribosome, proteasome, genes that every cell
# needs and no drug may touch. What is particular to this tumour is how far an effect lies **from
# the gene's mean, in the gene's standard deviations**. Take the tumour in which BRAF stands out
# most.
# %% [ko]
# 안내문을 읽어 보십시오. 어떤 종양에는 없는 오믹스가 있어서 그것 없이 예측했고, 모든 유전자의
# 예측을 믿을 수 있는 것도 아닙니다. `trusted`는 학습에서 빼 둔 환자에서 위발견율(false discovery
# rate) 5%를 기준으로 판정한 결과입니다.
#
# ## 무엇을 필요로 하는가
#
# 유전자 효과가 가장 낮은 유전자는 어느 종양에서나 같습니다. 리보솜이나 프로테아좀처럼 모든 세포가
# 필요로 하고 약으로 건드릴 수 없는 유전자들입니다. 이 종양만의 특징은 효과가 **그 유전자의 평균에서
# 표준편차의 몇 배만큼 떨어져 있는가**에 있습니다. BRAF가 가장 두드러지는 종양을 골라 봅시다.
# %%
genes = predicted.genes
deviation = (predicted.effect - genes["mean"]) / genes["sd"]  # (tumour, gene), in SD
patient = deviation["BRAF"].idxmin()
interval = predicted.interval
needs = pd.DataFrame(
    {
        "predicted": predicted.effect.loc[patient],
        "low": interval.low.loc[patient],
        "high": interval.high.loc[patient],
        "mean of lines": genes["mean"],
        "deviation": deviation.loc[patient],
        "r, patients left out": genes["cv_r"],
        "trusted": genes["trusted"],
    }
)
strongest = needs.nsmallest(10, "deviation")
print(patient, "-", cohort.tumors.obs.loc[patient, "lineage"])
strongest.round(2)
# %%
figure, axes = plt.subplots(figsize=(5.6, 3.2))
for row, need in enumerate(strongest.iloc[::-1].to_dict("records")):
    color = BLUE if need["trusted"] else SOFT
    axes.hlines(row, need["low"], need["high"], color=color)
    axes.plot(need["predicted"], row, "o", color=color)
    axes.plot(need["mean of lines"], row, "|", color=VERMILION, markersize=9, markeredgewidth=1.5)
axes.set_yticks(range(len(strongest)), strongest.index[::-1])
axes.plot([], [], "o-", color=BLUE, label="prediction, 90 % interval")
axes.plot([], [], "o-", color=SOFT, label="the same, gene not trusted")
axes.plot([], [], "|", color=VERMILION, markersize=9, label="mean of the lines")
axes.axvline(0, color=INK, linewidth=0.6)
axes.set(xlabel="gene effect (negative: needed)")
axes.set_title(f"What stands out in {patient}")
axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)
plt.show()
assert strongest.index[0] == "BRAF"
assert strongest.loc["BRAF", "trusted"]
assert strongest.loc["BRAF", "high"] < strongest.loc["BRAF", "mean of lines"]
# %% [en]
# ## How sure is that?
#
# The bar is a **90 % interval**. It is not a formula's opinion: half its width is a quantile of the
# errors that the predictor made on patients it had not seen (conformal prediction), gene by gene. A
# promise like that can be checked. Take the test lines, which nobody learned from, and count:
# %% [ko]
# ## 얼마나 확실한가
#
# 막대는 **90% 구간**입니다. 어떤 공식이 내놓은 추측이 아니라, 예측기가 본 적 없는 환자에서 실제로
# 저지른 오차의 분위수를 유전자마다 구한 것입니다(등각 예측, conformal prediction). 이런 약속은
# 검증할 수 있습니다. 아무도 학습에 쓰지 않은 평가용 세포주에서 세어 보겠습니다.
# %%
measured = prepared.labels(Split.TEST)
of_lines = predictor.predict(prepared.samples(measured.index), list(measured.columns)).interval
low, high = of_lines.low.loc[measured.index], of_lines.high.loc[measured.index]
inside = ((measured >= low) & (measured <= high)).where(measured.notna())
coverage = inside.stack().mean()
print(f"{coverage:.1%} of {int(measured.notna().sum().sum()):,} measured effects lie inside")
assert 0.85 < coverage < 0.95
# %% [en]
# That holds for cell lines. A tumour is not a line, and nobody has measured gene effects in a
# tumour: whether the promise holds there, no measurement tells. What can be seen is how like the
# lines it is. `similarities` compares where the predictor itself compares: cosine between the
# tumour and each line, 1 at the same place.
# %% [ko]
# 이것은 세포주에서 성립합니다. 종양은 세포주가 아니며, 종양에서 유전자 효과를 측정한 사람은 아무도
# 없습니다. 그러므로 이 약속이 종양에서도 지켜지는지는 어떤 측정으로도 알 수 없습니다. 우리가 볼 수
# 있는 것은 종양이 세포주와 얼마나 비슷한가입니다. `similarities`는 예측기가 검체를 견주는 바로 그
# 공간에서 종양과 각 세포주의 코사인(cosine)을 구합니다. 같은 위치이면 1입니다.
# %%
from deepdep.analysis import explain, similarities

trained = predictor.fitted.predictor
tumors = trained.standardize(cohort.tumors, file_name="tumors")
lines = prepared.samples(prepared.lines(Split.TRAIN, Split.VALIDATION))
alike = similarities(trained, tumors, lines)  # (tumour, cell line)
nearness = alike.apply(lambda row: row.nlargest(5).mean(), axis=1)

figure, axes = plt.subplots(figsize=(4.8, 2.6))
axes.hist(nearness, bins=40, color=FAINT)
axes.axvline(nearness[patient], color=VERMILION)
axes.annotate(
    patient, (nearness[patient], axes.get_ylim()[1]), (4, -8),
    textcoords="offset points", color=VERMILION,
)  # fmt: skip
axes.set(xlabel="mean similarity of the five nearest lines", ylabel="tumours")
axes.set_title("How like the cell lines is this tumour?")
plt.show()
print(f"nearer to the lines than {(nearness < nearness[patient]).mean():.0%} of the tumours")
# %% [en]
# **Exercise 1.** Find the tumour that is least like any line. Which lineage is it, and how many
# training lines of that lineage are there?
#
# <details>
# <summary>Answer</summary>
#
# ```python
# lineage = cohort.tumors.obs.loc[nearness.idxmin(), "lineage"]
# print(nearness.idxmin(), lineage, (lines.obs["lineage"] == lineage).sum())
# ```
#
# Kernel ridge has few to ask about such a tumour, so its predictions should lie nearer to the
# genes' means. Compare `deviation.loc[nearness.idxmin()].abs().mean()` with
# `deviation.abs().mean().mean()`: they do, by a little. Do not take similarity for an error bar; it
# says who was asked, not how wrong the answer is.
# </details>
# %% [ko]
# **연습 1.** 어떤 세포주와도 가장 닮지 않은 종양을 찾아보십시오. 어느 계통이며, 그 계통의 학습용
# 세포주는 몇 개입니까?
#
# <details>
# <summary>답</summary>
#
# ```python
# lineage = cohort.tumors.obs.loc[nearness.idxmin(), "lineage"]
# print(nearness.idxmin(), lineage, (lines.obs["lineage"] == lineage).sum())
# ```
#
# 이런 종양에 대해서는 커널 릿지가 물어볼 상대가 적으므로 예측이 유전자 평균에 더 가까워야 합니다.
# `deviation.loc[nearness.idxmin()].abs().mean()`을 `deviation.abs().mean().mean()`과 비교해
# 보십시오. 실제로 그렇지만 차이는 작습니다. 유사도를 오차 막대로 여기지 마십시오. 누구에게
# 물었는지를 말해 줄 뿐, 답이 얼마나 틀렸는지는 말해 주지 않습니다.
# </details>
# %% [en]
# ## Because of what?
#
# `explain` parts the prediction into contributions that **add up to it**: from that of an average
# sample, feature by feature. `by_profile` is what a feature does through the lines that look alike,
# `by_feature` through a weight that this gene gives this feature.
# %% [ko]
# ## 무엇 때문인가
#
# `explain`은 예측을 **합하면 정확히 예측값이 되는** 기여분으로 나눕니다. 평균적인 검체의 예측에서
# 시작하여 특징 하나하나의 기여를 더해 갑니다. `by_profile`은 비슷해 보이는 세포주를 통한 기여이고,
# `by_feature`는 이 유전자가 그 특징에 직접 준 가중치를 통한 기여입니다.
# %%
explanation = explain(trained, tumors, patient, "BRAF", prepared)
causes = explanation.causes
top = causes.features.head(6)
rest = causes.features["contribution"].iloc[6:].sum() + causes.others.sum()
steps = [
    ("an average sample", causes.baseline),
    *zip(top["table"] + " " + top["feature"], top["contribution"], strict=True),
    (f"{len(causes.features) - 6:,} other features", rest),
]
names, sizes = zip(*steps, strict=True)
ends = np.cumsum(sizes)
assert np.isclose(ends[-1], causes.predicted, atol=1e-3)
assert (top.iloc[0]["table"], top.iloc[0]["feature"]) == ("mutation", "BRAF")

figure, axes = plt.subplots(figsize=(5.6, 3))
colors = [SOFT, *np.where(np.array(sizes[1:]) < 0, BLUE, ORANGE)]
axes.barh(range(len(names)), sizes, left=ends - sizes, color=colors)
axes.barh(len(names), causes.predicted, color=INK)
axes.set_yticks(range(len(names) + 1), [*names, "predicted"])
axes.invert_yaxis()
axes.axvline(0, color=INK, linewidth=0.6)
axes.set_xlabel("gene effect of BRAF, added up from above")
axes.set_title("Why BRAF")
plt.show()
causes.features.head(6).round(3)
# %% [en]
# A cause of the *prediction*, mind: it tells what the model looked at. Whether the cell does so as
# well is another question, which an experiment answers, or here the simulation. One thing can be
# tried on the model at once: take the mutation away, leave everything else, and predict again.
# %% [ko]
# 이것은 어디까지나 *예측*의 원인입니다. 모델이 무엇을 보았는지를 말할 뿐, 세포도 그런지는 별개의
# 질문이며 실험이(여기서는 시뮬레이션이) 답해야 합니다. 다만 모델에 대해서는 바로 시험해 볼 수 있는
# 것이 있습니다. 다른 것은 그대로 두고 돌연변이만 없앤 다음 다시 예측해 봅시다.
# %%
from dataclasses import replace

from deepdep.domain.omics import Omic

mutation = cohort.tumors.omics[Omic.MUTATION].copy()
print("BRAF mutated:", bool(mutation.loc[patient, "BRAF"]))
mutation.loc[patient, "BRAF"] = 0
changed = replace(cohort.tumors, omics=cohort.tumors.omics | {Omic.MUTATION: mutation})
before = predicted.effect.loc[patient, "BRAF"]
after = predictor.predict(changed, ["BRAF"]).effect.loc[patient, "BRAF"]
print(f"predicted effect of BRAF: {before:.2f} with the mutation, {after:.2f} without it")
assert after - before > 0.5
# %% [en]
# ## Who has seen the like?
#
# A prediction may be checked against people's memory: which cell lines are most like this tumour,
# and **what was measured** in them? They are other patients' lines, and their numbers are no
# predictions.
# %% [ko]
# ## 비슷한 것을 본 적이 있는가
#
# 예측은 기억과 대조해 볼 수 있습니다. 이 종양과 가장 닮은 세포주는 무엇이며, 거기서는 **실제로 어떤
# 값이 측정되었습니까**? 모두 다른 환자의 세포주이고, 그 숫자는 예측이 아니라 측정값입니다. 이들이
# 증인(witness)입니다.
# %%
witnesses = explanation.witnesses
of_all = prepared.measured("BRAF")
mutated_lines = cohort.cell_lines.omics[Omic.MUTATION]["BRAF"].reindex(of_all.index)
jitter = pd.Series(np.random.default_rng(0).uniform(-0.25, 0.25, len(of_all)), of_all.index)

figure, axes = plt.subplots(figsize=(5.8, 2.6))
axes.axvspan(*explanation.interval, color=FAINT, label="the tumour, 90 % interval")
axes.axvline(causes.predicted, color=INK, label="the tumour, predicted")
for state, color, marker, name in (
    (0, SKY, "o", "line, BRAF intact"),
    (1, VERMILION, "^", "line, BRAF mutated"),
):
    here = of_all[mutated_lines == state]
    axes.scatter(here, jitter[here.index], s=12, color=color, marker=marker, label=name)
nearest = witnesses["line"]
axes.scatter(
    of_all[nearest], jitter[nearest], s=70, facecolors="none", edgecolors=INK, label="witness"
)
axes.set(xlabel="gene effect of BRAF, measured in lines", yticks=[], ylim=(-0.5, 0.5))
axes.set_title("Measured in all lines, and in those most like the tumour")
axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3)
plt.show()
witnesses.assign(mutated=mutated_lines.reindex(nearest).to_numpy()).round(2)
# %% [en]
# Look at which of the witnesses carry the mutation. Those that look like the tumour as a whole need
# not share its driver: similarity is about the whole profile, and the driver is one bit of it.
# Where witnesses contradict the prediction, ask which of the two has the cause.
#
# The command line prints the same: `deepdep explain --sample ... --gene BRAF`.
# %% [ko]
# 증인 가운데 누가 그 돌연변이를 가지고 있는지 보십시오. 전체적으로 종양과 닮은 세포주라고 해서 원인
# 돌연변이까지 같으리라는 법은 없습니다. 유사도는 프로파일 전체에 관한 것이고, 원인 돌연변이는 그
# 가운데 한 비트일 뿐입니다. 증인이 예측과 어긋나면 둘 중 어느 쪽에 원인이 있는지 물어보십시오.
#
# 명령줄에서도 같은 내용을 볼 수 있습니다: `deepdep explain --sample ... --gene BRAF`.
# %%
print(explanation.text(5))
# %% [en]
# ## The truth, for once
#
# In the simulation it was planted: cells with a mutated BRAF need BRAF. Did the predictor find the
# carriers among tumours, where no gene effect was ever measured? And how does it do for other
# facts?
# %% [ko]
# ## 이번만은 정답을 볼 수 있습니다
#
# 이 시뮬레이션에는 BRAF 돌연변이가 있는 세포는 BRAF를 필요로 한다는 사실이 심어져 있습니다. 유전자
# 효과를 한 번도 측정한 적이 없는 종양에서 예측기는 그런 종양을 찾아냈을까요? 다른 사실에 대해서는
# 어떻습니까?
# %%
carriers = simulation.truth.carriers.loc[predicted.effect.index]
among_ten = deviation.rank(axis=1) <= 10
facts = simulation.truth.planted
facts = facts[facts["kind"].isin(["addiction", "synthetic_lethality"]) & (facts["effect"] < -0.9)]
facts = facts[facts["gene"].isin(among_ten.columns) & ~facts["driver_event"].eq("wild_type")]
shares = pd.DataFrame(
    {
        f"{fact.gene} ({fact.carriers})": {
            "carriers": among_ten.loc[carriers[fact.carriers], fact.gene].mean(),
            "others": among_ten.loc[~carriers[fact.carriers], fact.gene].mean(),
        }
        for fact in facts.itertuples()
    }
).T.sort_values("carriers")

figure, axes = plt.subplots(figsize=(5.6, 4.2))
axes.hlines(shares.index, shares["others"], shares["carriers"], color=FAINT)
axes.plot(shares["carriers"], shares.index, "o", color=BLUE, label="tumours that carry the cause")
axes.plot(shares["others"], shares.index, "s", color=ORANGE, label="all others")
axes.set_xlabel("share of tumours with the gene among their ten strongest")
axes.set_title("Planted dependencies, found in tumours")
axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.12), ncols=2)
plt.show()
print(shares.mean().round(2).to_string())
assert carriers.loc[patient, "BRAF mutation"]
assert shares["carriers"].mean() > shares["others"].mean() + 0.5
# %% [en]
# A simulation is kinder than life: its causes are few, strong and in the features. What carries
# over is the habit. **For every prediction: how far from the mean, how wide the interval, is the
# gene trusted, how like the lines is the tumour, because of what, and what do the witnesses say.**
#
# **Exercise 2.** Take away the whole omic of mutations from the patient (drop the row from the
# table). What happens to the prediction of BRAF, and to its interval?
#
# <details>
# <summary>Answer</summary>
#
# ```python
# without = cohort.tumors.omics | {Omic.MUTATION: mutation.drop(patient)}
# blind = predictor.predict(replace(cohort.tumors, omics=without), ["BRAF"])
# print(blind.effect.loc[patient], blind.obs.loc[patient, "interval_factor"])
# ```
#
# The prediction moves towards the mean, as the cause is out of sight. The interval widens only by
# the factor that the lack of an omic costs *on average over genes*; for BRAF it costs more. An
# interval holds its promise over many predictions, not for the one that you chose because it is
# special.
# </details>
#
# **Exercise 3.** Choose WRN instead of BRAF. What is the cause there, and does it show in one
# feature or in many?
#
# <details>
# <summary>Answer</summary>
#
# The planted cause is microsatellite instability, which comes with silenced MLH1 and hundreds of
# mutations. Set `patient = deviation["WRN"].idxmin()`, call `explain(trained, tumors, patient,
# "WRN", prepared)` and print its `text(10)`: read which of the two the model found.
# </details>
#
# Next: [5. Your own files](05_your_files.ipynb).
# %% [ko]
# 시뮬레이션은 현실보다 친절합니다. 원인이 몇 개 되지 않고, 강하며, 모두 특징 안에 들어 있습니다.
# 그래도 습관은 그대로 가져갈 수 있습니다. **예측 하나마다 평균에서 얼마나 떨어졌는지, 구간은 얼마나
# 넓은지, 믿을 만한 유전자인지, 종양이 세포주와 얼마나 닮았는지, 무엇 때문인지, 증인은 무엇이라고
# 말하는지 물으십시오.**
#
# **연습 2.** 이 환자에게서 돌연변이 오믹스 전체를 빼 보십시오(표에서 그 행을 지우면 됩니다). BRAF의
# 예측과 구간은 어떻게 됩니까?
#
# <details>
# <summary>답</summary>
#
# ```python
# without = cohort.tumors.omics | {Omic.MUTATION: mutation.drop(patient)}
# blind = predictor.predict(replace(cohort.tumors, omics=without), ["BRAF"])
# print(blind.effect.loc[patient], blind.obs.loc[patient, "interval_factor"])
# ```
#
# 원인이 보이지 않으므로 예측은 평균 쪽으로 움직입니다. 구간은 오믹스 하나가 없을 때 *유전자
# 전체에서 평균적으로* 늘어나는 만큼만 넓어지지만, BRAF에서는 실제 손실이 더 큽니다. 구간의 약속은
# 많은 예측에 걸쳐 지켜지는 것이지, 특별해서 골라낸 하나의 예측에 대해 지켜지는 것이 아닙니다.
# </details>
#
# **연습 3.** BRAF 대신 WRN을 골라 보십시오. 원인은 무엇이며, 특징 하나에 나타납니까, 여럿에
# 나타납니까?
#
# <details>
# <summary>답</summary>
#
# 심어 둔 원인은 현미부수체 불안정성(microsatellite instability)이며, MLH1의 침묵과 수많은
# 돌연변이가 함께 나타납니다. `patient = deviation["WRN"].idxmin()`으로 바꾸고 `explain(trained,
# tumors, patient, "WRN", prepared)`를 불러 `text(10)`을 출력한 다음, 모델이 둘 가운데 무엇을
# 찾았는지 읽어 보십시오.
# </details>
#
# 다음 시간: [5. 자신의 파일로 예측하기](05_your_files.ipynb)
