package org.postern.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.tcp.IpAddress;

/**
 * Random steps against a map: never a grant that the map has not, never a refusal of one that it has. Time passes by
 * moving the store's clock; the files' times are the kernel's, so each allow is set to the store's clock by hand.
 */
class DirectoryStoreModelTest {
    private static final int STEPS = 5_000;
    private static final long EXPIRY = TestingSpool.EXPIRY.toSeconds();

    private static final List<IpAddress> ADDRESSES = List.of(
            TestingSpool.address("192.0.2.1"),
            TestingSpool.address("192.0.2.2"),
            TestingSpool.address("255.255.255.255"),
            TestingSpool.address("2001:db8::1"),
            TestingSpool.address("::1"));

    private static final List<Holder> HOLDERS =
            List.of(Holder.UNNAMED, new Holder("joe", null), new Holder(null, "example.com"), new Holder("ann", ""));

    @TempDir
    Path scratch;

    private record Given(Holder holder, long at) {}

    private final Map<IpAddress, Given> model = new HashMap<>();
    private final Set<String> files = new HashSet<>();
    private long now = Instant.now().getEpochSecond();

    @Test
    void theStoreIsAMapWithExpiry() throws IOException {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        TestingSpool spool = new TestingSpool(scratch);
        DirectoryStore store = spool.store((InstantSource) () -> Instant.ofEpochSecond(now));
        for (int i = 0; i < STEPS; i++) {
            String step = "seed " + seed + ", step " + i;
            IpAddress address = ADDRESSES.get(random.nextInt(ADDRESSES.size()));
            switch (random.nextInt(8)) {
                case 0, 1 -> allow(store, spool, address, HOLDERS.get(random.nextInt(HOLDERS.size())));
                case 2 -> now += random.nextInt((int) EXPIRY);
                case 3 -> now -= random.nextInt(10);
                case 4 -> {
                    assertThat(store.revoke(address)).as(step).isEqualTo(files.remove(address.toString()));
                    model.remove(address);
                }
                case 5 -> age(store, spool, step);
                case 6 -> list(store, step);
                default -> {}
            }
            for (IpAddress each : ADDRESSES) {
                assertThat(store.check(each)).as("%s: %s", step, each).isEqualTo(expected(each));
            }
            assertThat(spool.addresses()).as(step).containsExactlyInAnyOrderElementsOf(files);
        }
    }

    private void allow(DirectoryStore store, TestingSpool spool, IpAddress address, Holder holder) throws IOException {
        assertThat(store.allow(address, holder)).isInstanceOf(Allowed.Written.class);
        Files.setLastModifiedTime(spool.file(address.toString()), FileTime.from(Instant.ofEpochSecond(now)));
        model.put(address, new Given(holder, now));
        files.add(address.toString());
    }

    private void age(DirectoryStore store, TestingSpool spool, String step) throws IOException {
        Set<IpAddress> old = new HashSet<>();
        model.forEach((address, given) -> {
            if (!(expected(address) instanceof Verdict.Granted)) {
                old.add(address);
                files.remove(address.toString());
            }
        });
        model.keySet().removeAll(old);
        int spares = spool.names().size() - spool.addresses().size();
        Aged aged = store.age();
        int sparesRemoved = spares - (spool.names().size() - spool.addresses().size());
        assertThat(aged).as(step).isEqualTo(new Aged(old.size() + sparesRemoved, model.size(), 0, null));
    }

    private void list(DirectoryStore store, String step) throws IOException {
        Set<IpAddress> listed = new HashSet<>();
        store.list(g -> listed.add(g.address()));
        Set<IpAddress> inForce = new HashSet<>(ADDRESSES);
        inForce.removeIf(a -> !(expected(a) instanceof Verdict.Granted));
        assertThat(listed).as(step).isEqualTo(inForce);
    }

    private Verdict expected(IpAddress address) {
        Given given = model.get(address);
        if (given == null) {
            return Verdict.not(new Verdict.Why.Never());
        }
        long age = now - given.at;
        if (age > EXPIRY) {
            return Verdict.not(new Verdict.Why.Expired(java.time.Duration.ofSeconds(age - EXPIRY)));
        }
        if (age < -5) {
            return Verdict.not(new Verdict.Why.Ahead(java.time.Duration.ofSeconds(-age)));
        }
        Instant since = Instant.ofEpochSecond(given.at);
        return new Verdict.Granted(List.of(new Grant(address, given.holder, since, since.plusSeconds(EXPIRY))));
    }
}
