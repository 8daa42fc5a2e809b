from deepdep.domain.drivers import DRIVERS, DRUGGABLE


def test_no_gene_is_its_own_partner():
    assert [gene for gene, driver in DRIVERS.items() if gene in driver.partners] == []


def test_a_known_cause_is_a_feature_of_the_gene_or_of_a_partner():
    for gene, driver in DRIVERS.items():
        if driver.cause and not driver.cause.startswith("its"):
            assert driver.partners, gene


def test_symbols_are_written_as_screens_write_them():
    genes = {*DRIVERS, *DRUGGABLE}.union(*(driver.partners for driver in DRIVERS.values()))
    assert {gene for gene in genes if not gene.isupper()} == {"msi_status"}
