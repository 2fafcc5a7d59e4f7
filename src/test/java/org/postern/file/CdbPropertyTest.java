package org.postern.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.arbitraries.StringArbitrary;

class CdbPropertyTest {
    /** Few keys, so that many share one; all octets. */
    @Provide
    Arbitrary<List<TestingCdb.Entry>> entries() {
        StringArbitrary octets = Arbitraries.strings().withCharRange('\0', '\u00ff');
        Arbitrary<String> keys = Arbitraries.oneOf(octets.ofMaxLength(1), octets.ofMaxLength(300));
        return Combinators.combine(keys, octets.ofMaxLength(3000))
                .as(TestingCdb.Entry::new)
                .list()
                .ofMaxSize(60);
    }

    @Property(tries = 300)
    void whatWasWrittenIsFound(
            @ForAll("entries") List<TestingCdb.Entry> entries, @ForAll("entries") List<TestingCdb.Entry> others)
            throws IOException {
        Path file = Files.createTempFile("rules-cdb", ".cdb");
        try {
            TestingCdb.write(file, entries);
            assertThat(TestingCdb.entries(file)).isEqualTo(entries);
            try (Cdb cdb = Cdb.open(file)) {
                for (TestingCdb.Entry e : entries) {
                    assertThat(cdb.find(e.key()))
                            .contains(values(entries, e.key()).getFirst());
                }
                for (TestingCdb.Entry e : others) {
                    List<String> values = values(entries, e.key());
                    assertThat(cdb.find(e.key()))
                            .isEqualTo(values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst()));
                }
            }
        } finally {
            Files.delete(file);
        }
    }

    private static List<String> values(List<TestingCdb.Entry> entries, String key) {
        return entries.stream()
                .filter(e -> e.key().equals(key))
                .map(TestingCdb.Entry::value)
                .toList();
    }
}
