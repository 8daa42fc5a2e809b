"""What a mutation does to a protein, in the words of MAF files, of Funcotator and of VEP."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

# Classes of the column Variant_Classification of a MAF file, in lower case.
NONSILENT_MAF = frozenset(
    {
        "missense_mutation",
        "nonsense_mutation",
        "nonstop_mutation",
        "frame_shift_del",
        "frame_shift_ins",
        "in_frame_del",
        "in_frame_ins",
        "splice_site",
        "translation_start_site",
        "start_codon_snp",
        "start_codon_del",
        "start_codon_ins",
        "stop_codon_del",
        "stop_codon_ins",
        "de_novo_start_inframe",
        "de_novo_start_outofframe",
    }
)
SILENT_MAF = frozenset(
    {
        "silent",
        "splice_region",
        "intron",
        "igr",
        "rna",
        "lincrna",
        "3'utr",
        "5'utr",
        "3'flank",
        "5'flank",
        "targeted_region",
    }
)

# What Funcotator calls them otherwise; DepMap's column VariantInfo up to 23Q2.
NONSILENT_FUNCOTATOR = frozenset(
    {
        "missense",
        "nonsense",
        "nonstop",
        "de_novo_start_in_frame",
        "de_novo_start_out_frame",
    }
)
SILENT_FUNCOTATOR = frozenset(
    {
        "could_not_determine",
        "three_prime_utr",
        "five_prime_utr",
        "three_prime_flank",
        "five_prime_flank",
    }
)

# Sequence Ontology terms as VEP reports them: those of high or moderate impact that change the
# product of a gene, and all others.
NONSILENT_ONTOLOGY = frozenset(
    {
        "transcript_ablation",
        "splice_acceptor_variant",
        "splice_donor_variant",
        "stop_gained",
        "frameshift_variant",
        "stop_lost",
        "start_lost",
        "initiator_codon_variant",
        "feature_elongation",
        "feature_truncation",
        "inframe_insertion",
        "inframe_deletion",
        "missense_variant",
        "protein_altering_variant",
    }
)
SILENT_ONTOLOGY = frozenset(
    {
        "splice_region_variant",
        "splice_donor_5th_base_variant",
        "splice_donor_region_variant",
        "splice_polypyrimidine_tract_variant",
        "incomplete_terminal_codon_variant",
        "start_retained_variant",
        "stop_retained_variant",
        "synonymous_variant",
        "coding_sequence_variant",
        "mature_mirna_variant",
        "5_prime_utr_variant",
        "3_prime_utr_variant",
        "non_coding_transcript_exon_variant",
        "non_coding_transcript_variant",
        "nmd_transcript_variant",
        "coding_transcript_variant",
        "intron_variant",
        "upstream_gene_variant",
        "downstream_gene_variant",
        "tfbs_ablation",
        "tfbs_amplification",
        "tf_binding_site_variant",
        "regulatory_region_ablation",
        "regulatory_region_amplification",
        "regulatory_region_variant",
        "intergenic_variant",
        "sequence_variant",
        "transcript_amplification",
    }
)

NONSILENT = NONSILENT_MAF | NONSILENT_FUNCOTATOR | NONSILENT_ONTOLOGY
SILENT = SILENT_MAF | SILENT_FUNCOTATOR | SILENT_ONTOLOGY

BETWEEN_TERMS = re.compile(r"[&,;|]")


def is_nonsilent(consequence: str) -> bool:
    """Whether a mutation changes a protein: any of its terms does.

    ``consequence`` is a MAF class such as ``Missense_Mutation``, or one or more terms such as
    ``missense_variant&splice_region_variant``. A term that is not known counts as silent: see
    ``unknown_consequences``.
    """
    return any(term in NONSILENT for term in _terms(consequence))


def unknown_consequences(consequences: Iterable[str]) -> list[str]:
    """Terms that no vocabulary here has, each once and sorted."""
    terms = {term for consequence in set(consequences) for term in _terms(consequence)}
    return sorted(terms - NONSILENT - SILENT)


def _terms(consequence: str) -> list[str]:
    terms = (term.strip().lower() for term in BETWEEN_TERMS.split(consequence))
    return [term for term in terms if term]


def mutation_table(samples: Sequence[str], mutations: pd.DataFrame) -> pd.DataFrame:
    """Return 0 and 1, shape (sample, gene), of mutations with the columns ``sample``, ``gene``."""
    rows = pd.Index(list(samples), dtype=object)
    columns = pd.Index(sorted(set(mutations["gene"])), dtype=object)
    mutated = np.zeros((len(rows), len(columns)), dtype=np.uint8)
    row = rows.get_indexer(pd.Index(mutations["sample"]))
    mutated[row, columns.get_indexer(pd.Index(mutations["gene"]))] = 1
    return pd.DataFrame(mutated, rows, columns)
