package org.postern.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.postern.relay.TestingSpool.address;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.Descriptor;
import org.postern.os.FilesAt;
import org.postern.tcp.IpAddress;

/** The verbs, on a spool that nobody disturbs. */
class DirectoryStoreTest {
    private static final IpAddress CLIENT = address("192.0.2.7");
    private static final Holder JOE = new Holder("joe", "example.com");

    @TempDir
    Path scratch;

    private TestingSpool spool;
    private DirectoryStore store;

    @BeforeEach
    void makeSpool() {
        spool = new TestingSpool(scratch);
        store = spool.store();
    }

    @Test
    void whoWasNeverAllowedIsNotGranted() {
        assertThat(store.check(CLIENT)).isEqualTo(Verdict.not(new Verdict.Why.Never()));
    }

    @Test
    void whoIsAllowedIsGrantedWithUserAndDomain() {
        assertThat(store.allow(CLIENT, JOE)).isInstanceOf(Allowed.Written.class);
        Grant grant = granted(store.check(CLIENT));
        assertThat(grant.holder()).isEqualTo(JOE);
        assertThat(grant.address()).isEqualTo(CLIENT);
        assertThat(Duration.between(grant.since(), grant.until())).isEqualTo(TestingSpool.EXPIRY);
        assertThat(store.check(address("192.0.2.8"))).isEqualTo(Verdict.not(new Verdict.Why.Never()));
    }

    @Test
    void theFileIsRelayCtrls() throws IOException {
        store.allow(CLIENT, JOE);
        assertThat(spool.names()).containsExactly("192.0.2.7");
        assertThat(spool.content("192.0.2.7")).isEqualTo("USER=joe\0DOMAIN=example.com\0");
        assertThat((int) spool.attributes("192.0.2.7").get("mode") & 07777).isEqualTo(0600);
        store.allow(CLIENT, Holder.UNNAMED);
        assertThat(spool.content("192.0.2.7")).isEmpty();
        store.allow(CLIENT, new Holder(null, "example.com"));
        assertThat(spool.content("192.0.2.7")).isEqualTo("DOMAIN=example.com\0");
    }

    @Test
    void octetsOfTheUserPassThrough() throws IOException {
        store.allow(CLIENT, new Holder("jos\u00e9", ""));
        assertThat(spool.content("192.0.2.7")).isEqualTo("USER=jos\u00e9\0DOMAIN=\0");
        assertThat(granted(store.check(CLIENT)).holder()).isEqualTo(new Holder("jos\u00e9", ""));
    }

    @Test
    void anIpv6AddressNamesAFile() throws IOException {
        store.allow(address("2001:DB8:0:0::1"), JOE);
        assertThat(spool.names()).containsExactly("2001:db8::1");
        assertThat(granted(store.check(address("2001:db8::1"))).holder()).isEqualTo(JOE);
    }

    @Test
    void aMappedAddressIsTheIpv4Address() throws IOException {
        store.allow(address("::ffff:192.0.2.7"), JOE);
        assertThat(spool.names()).containsExactly("192.0.2.7");
        assertThat(granted(store.check(CLIENT)).holder()).isEqualTo(JOE);
    }

    @Test
    void renewingTheSameOnlySetsTheTime() throws IOException {
        store.allow(CLIENT, JOE);
        Object inode = spool.attributes("192.0.2.7").get("ino");
        TestingSpool.ago(spool.file("192.0.2.7"), 500);
        store.allow(CLIENT, JOE);
        assertThat(spool.attributes("192.0.2.7").get("ino")).isEqualTo(inode);
        assertThat(spool.age("192.0.2.7")).isBetween(0L, 1L);
    }

    @Test
    void anotherUserReplacesTheFile() throws IOException {
        store.allow(CLIENT, JOE);
        Object inode = spool.attributes("192.0.2.7").get("ino");
        store.allow(CLIENT, new Holder("ann", null));
        assertThat(spool.attributes("192.0.2.7").get("ino")).isNotEqualTo(inode);
        assertThat(spool.addresses()).containsExactly("192.0.2.7");
        assertThat(granted(store.check(CLIENT)).holder()).isEqualTo(new Holder("ann", null));
    }

    @Test
    void usersBehindOneAddressTakeTurnsWithTheSameFiles() throws IOException {
        Holder ann = new Holder("ann", null);
        store.allow(CLIENT, JOE);
        store.allow(CLIENT, ann);
        store.allow(CLIENT, JOE);
        Object joes = spool.attributes("192.0.2.7").get("ino");
        store.allow(CLIENT, ann);
        Object anns = spool.attributes("192.0.2.7").get("ino");
        for (int i = 0; i < 20; i++) {
            TestingSpool.ago(spool.file("192.0.2.7"), 10_000);
            store.allow(CLIENT, JOE);
            assertThat(spool.attributes("192.0.2.7").get("ino")).isEqualTo(joes);
            assertThat(granted(store.check(CLIENT)).holder()).isEqualTo(JOE);
            store.allow(CLIENT, ann);
            assertThat(spool.attributes("192.0.2.7").get("ino")).isEqualTo(anns);
            assertThat(granted(store.check(CLIENT)).holder()).isEqualTo(ann);
        }
        assertThat(spool.names()).hasSize(2);
    }

    @Test
    void aSpareThatSomebodyChangedIsNotPutBack() throws IOException {
        Holder ann = new Holder("ann", null);
        for (Holder each : List.of(JOE, ann, JOE, ann)) {
            store.allow(CLIENT, each);
        }
        String spare = spool.names().getFirst();
        Files.writeString(spool.file(spare), "USER=mallory\0");
        store.allow(CLIENT, JOE);
        assertThat(granted(store.check(CLIENT)).holder()).isEqualTo(JOE);
        assertThat(spool.names()).doesNotContain(spare);
        store.allow(CLIENT, ann);
        Files.delete(spool.file(spool.names().getFirst()));
        store.allow(CLIENT, JOE);
        assertThat(granted(store.check(CLIENT)).holder()).isEqualTo(JOE);
    }

    @Test
    void aFileOfOtherPermissionsIsReplaced() throws IOException {
        TestingSpool.mode(spool.write("192.0.2.7", "USER=joe\0DOMAIN=example.com\0", 0), 0644);
        store.allow(CLIENT, JOE);
        assertThat((int) spool.attributes("192.0.2.7").get("mode") & 07777).isEqualTo(0600);
    }

    @Test
    void expiryIsInclusiveAndTold() {
        Instant written = Instant.ofEpochSecond(Instant.now().getEpochSecond());
        store.allow(CLIENT, JOE);
        Instant since = granted(store.check(CLIENT)).since();
        assertThat(since).isBetween(written.minusSeconds(1), written.plusSeconds(1));
        assertThat(at(since.plusSeconds(600)).check(CLIENT)).isInstanceOf(Verdict.Granted.class);
        assertThat(at(since.plusSeconds(601)).check(CLIENT))
                .isEqualTo(Verdict.not(new Verdict.Why.Expired(Duration.ofSeconds(1))));
        assertThat(new Verdict.Why.Expired(Duration.ofSeconds(40)).text()).isEqualTo("expired 40 s ago");
    }

    @Test
    void aTimeInTheFutureCountsForFiveSecondsOnly() {
        store.allow(CLIENT, JOE);
        Instant since = granted(store.check(CLIENT)).since();
        assertThat(at(since.minusSeconds(5)).check(CLIENT)).isInstanceOf(Verdict.Granted.class);
        assertThat(at(since.minusSeconds(6)).check(CLIENT))
                .isEqualTo(Verdict.not(new Verdict.Why.Ahead(Duration.ofSeconds(6))));
    }

    /** Else it would count again, and for the whole expiry, once the clock has caught up with it. */
    @Test
    void ageRemovesAGrantThatAClockSetBackHasLeftInTheFuture() throws IOException {
        store.allow(CLIENT, JOE);
        Instant since = granted(store.check(CLIENT)).since();
        assertThat(at(since.minusSeconds(5)).age()).isEqualTo(new Aged(0, 1, 0, null));
        assertThat(at(since.minusSeconds(6)).age()).isEqualTo(new Aged(1, 0, 0, null));
        assertThat(store.check(CLIENT)).isEqualTo(Verdict.not(new Verdict.Why.Never()));
    }

    @Test
    void checkRemovesNothing() throws IOException {
        spool.write("192.0.2.7", "", 10_000);
        assertThat(store.check(CLIENT)).isInstanceOf(Verdict.NotGranted.class);
        assertThat(spool.names()).containsExactly("192.0.2.7");
    }

    @Test
    void anExpiredGrantIsGoodAgainWhenAllowed() throws IOException {
        spool.write("192.0.2.7", "USER=joe\0DOMAIN=example.com\0", 10_000);
        store.allow(CLIENT, JOE);
        assertThat(store.check(CLIENT)).isInstanceOf(Verdict.Granted.class);
    }

    @Test
    void revokeTakesItBack() throws IOException {
        store.allow(CLIENT, JOE);
        assertThat(store.revoke(CLIENT)).isTrue();
        assertThat(store.check(CLIENT)).isEqualTo(Verdict.not(new Verdict.Why.Never()));
        assertThat(store.revoke(CLIENT)).isFalse();
    }

    @Test
    void listShowsWhatIsInForce() throws IOException {
        store.allow(CLIENT, JOE);
        store.allow(address("2001:db8::1"), Holder.UNNAMED);
        spool.write("192.0.2.8", "", 601);
        spool.write("notes", "", 0);
        List<String> listed = new ArrayList<>();
        store.list(g -> listed.add(g.address() + " " + g.holder().user()));
        assertThat(listed).containsExactlyInAnyOrder("192.0.2.7 joe", "2001:db8::1 null");
    }

    @Test
    void ageRemovesExpiredGrantsAndStaleTemporaryFilesAlone() throws IOException {
        spool.write("192.0.2.1", "", 1000);
        spool.write("2001:db8::1", "", 1000);
        spool.write("192.0.2.2", "", 500);
        spool.write(".1795486487.220589:30518", "", 1000);
        spool.write(".1795486487.000001:postern-7f", "", 1000);
        spool.write(".1795486999.220589:30518", "", 10);
        List<String> foreign = List.of(
                ".hidden",
                "01.2.3.4",
                "1234567890123456",
                "2001:DB8::1",
                "999.999.999.999",
                "::ffff:192.0.2.1",
                "README");
        for (String name : foreign) {
            spool.write(name, "", 1000);
        }
        assertThat(store.age()).isEqualTo(new Aged(4, 1, 0, null));
        List<String> expected = new ArrayList<>(foreign);
        expected.addAll(List.of("192.0.2.2", ".1795486999.220589:30518"));
        assertThat(spool.names()).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void ageLeavesAloneWhatSomebodyIsRenewing() throws IOException {
        Path file = spool.write("192.0.2.1", "", 1000);
        int renewing = FilesAt.open(FilesAt.WORKING_DIRECTORY, file.toString());
        try {
            assertThat(FilesAt.lockShared(renewing)).isTrue();
            assertThat(store.age()).isEqualTo(new Aged(0, 1, 0, null));
        } finally {
            Descriptor.close(renewing);
        }
        assertThat(store.age()).isEqualTo(new Aged(1, 0, 0, null));
    }

    @Test
    void aLockThatSomebodyKeepsDoesNotStopALogin() throws IOException {
        Path file = spool.write("192.0.2.7", "", 1000);
        int kept = FilesAt.open(FilesAt.WORKING_DIRECTORY, file.toString());
        try {
            assertThat(FilesAt.lockExclusive(kept)).isTrue();
            assertThat(store.allow(CLIENT, JOE)).isInstanceOf(Allowed.Written.class);
            assertThat(store.check(CLIENT)).isInstanceOf(Verdict.Granted.class);
        } finally {
            Descriptor.close(kept);
        }
    }

    /** Its removal is for the old file, and meets the new one. */
    @Test
    void anAgeingThatStoodStillUnderItsLockTakesNoGrantAway() throws Exception {
        Path file = spool.write("192.0.2.7", "", 1000);
        Object old = Files.getAttribute(file, "unix:ino");
        int ageing = FilesAt.open(FilesAt.WORKING_DIRECTORY, file.toString());
        assertThat(FilesAt.lockExclusive(ageing)).isTrue();
        FutureTask<Allowed> login = new FutureTask<>(() -> store.allow(CLIENT, JOE));
        Thread.ofPlatform().start(login);
        try {
            await().pollInterval(Duration.ofMillis(1))
                    .until(() -> !Files.getAttribute(file, "unix:ino").equals(old));
            Files.delete(file);
        } finally {
            Descriptor.close(ageing);
        }
        assertThat(login.get()).isInstanceOf(Allowed.Written.class);
        assertThat(store.check(CLIENT)).isInstanceOf(Verdict.Granted.class);
        assertThat(spool.names()).containsExactly("192.0.2.7");
    }

    @Test
    void aMissingDirectoryIsUnavailableAndNothingIsWritten() throws IOException {
        Path missing = scratch.resolve("missing");
        DirectoryStore nowhere = new TestingSpool(missing).store();
        String why = "Could not change directory to '" + missing + "': No such file or directory";
        assertThat(nowhere.check(CLIENT)).isEqualTo(new Verdict.Unavailable(why));
        assertThat(nowhere.allow(CLIENT, JOE)).isEqualTo(new Allowed.NotWritten(why));
        assertThatThrownBy(() -> nowhere.revoke(CLIENT)).hasMessage(why);
        assertThatThrownBy(nowhere::age).isInstanceOf(IOException.class);
        assertThat(spool.names()).isEmpty();
    }

    @Test
    void aFileInThePlaceOfTheDirectoryIsUnavailable() throws IOException {
        Path file = Files.createFile(scratch.resolve("file"));
        assertThat(new TestingSpool(file).store().check(CLIENT))
                .isEqualTo(new Verdict.Unavailable("Could not change directory to '" + file + "': Not a directory"));
    }

    @Test
    void aDescriptorServesAsWell() throws IOException {
        int fd = Descriptor.openDirectory(scratch.toString());
        DirectoryStore behind = new DirectoryStore(
                Spool.behind(fd), DirectoryStore.Settings.expiringAfter(TestingSpool.EXPIRY), InstantSource.system());
        assertThat(behind.allow(CLIENT, JOE)).isInstanceOf(Allowed.Written.class);
        assertThat((int) spool.attributes("192.0.2.7").get("mode") & 07777).isEqualTo(0666);
        assertThat(behind.check(CLIENT)).isInstanceOf(Verdict.Granted.class);
        spool.write("192.0.2.8", "", 1000);
        assertThat(behind.age()).isEqualTo(new Aged(1, 1, 0, null));
        Descriptor.close(fd);
        String why = "Could not chdir to FD : Bad file descriptor";
        assertThat(behind.check(CLIENT)).isEqualTo(new Verdict.Unavailable(why));
        assertThat(behind.allow(CLIENT, JOE)).isEqualTo(new Allowed.NotWritten(why));
    }

    @Test
    void noDescriptorStaysOpen() throws IOException {
        spool.write("192.0.2.9", "", 1000);
        store.check(CLIENT);
        int before = Descriptor.open().size();
        for (int i = 0; i < 100; i++) {
            store.allow(CLIENT, i % 3 == 0 ? JOE : Holder.UNNAMED);
            store.check(CLIENT);
            store.check(address("192.0.2.9"));
            store.age();
            store.list(g -> {});
        }
        assertThat(Descriptor.open()).hasSizeLessThanOrEqualTo(before + 2);
    }

    private DirectoryStore at(Instant now) {
        return spool.store(InstantSource.fixed(now));
    }

    private static Grant granted(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Granted.class);
        return ((Verdict.Granted) verdict).grants().getFirst();
    }
}
