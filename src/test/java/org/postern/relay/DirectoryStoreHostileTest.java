package org.postern.relay;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.postern.relay.TestingSpool.address;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.os.Descriptor;
import org.postern.os.Octets;
import org.postern.os.TestingFileIds;
import org.postern.tcp.IpAddress;

/** A spool into which others have put what they liked: it is 0777 in the recipe. */
class DirectoryStoreHostileTest {
    private static final IpAddress CLIENT = address("192.0.2.7");
    private static final Holder JOE = new Holder("joe", null);

    @TempDir
    Path scratch;

    private TestingSpool spool;
    private DirectoryStore store;

    @BeforeEach
    void makeSpool() throws IOException {
        spool = new TestingSpool(Files.createDirectory(scratch.resolve("spool")));
        store = spool.store();
    }

    @Test
    void aSymbolicLinkGrantsNothingAndIsReplaced() throws IOException {
        Path target = Files.writeString(scratch.resolve("target"), "USER=root\0");
        Files.createSymbolicLink(spool.file("192.0.2.7"), target);
        assertThat(store.check(CLIENT)).isEqualTo(unusable("a symbolic link"));
        store.allow(CLIENT, JOE);
        assertThat(store.check(CLIENT)).isInstanceOf(Verdict.Granted.class);
        assertThat(Files.readString(target)).isEqualTo("USER=root\0");
        assertThat(Files.isSymbolicLink(spool.file("192.0.2.7"))).isFalse();
    }

    @Test
    void aSecondNameOfAFileGrantsNothingAndIsReplaced() throws IOException {
        Path other = Files.writeString(scratch.resolve("passwd"), "USER=joe\0");
        Files.createLink(spool.file("192.0.2.7"), other);
        TestingSpool.mode(other, 0600);
        assertThat(store.check(CLIENT)).isEqualTo(unusable("a file with other names"));
        TestingSpool.ago(other, 100);
        store.allow(CLIENT, JOE);
        assertThat(store.check(CLIENT)).isInstanceOf(Verdict.Granted.class);
        assertThat(Files.getLastModifiedTime(other).toInstant())
                .isBefore(java.time.Instant.now().minusSeconds(90));
    }

    @Test
    void aFifoMakesNobodyWait() throws Exception {
        Process mkfifo = new ProcessBuilder("mkfifo", spool.file("192.0.2.7").toString()).start();
        assertThat(mkfifo.waitFor()).isZero();
        assertTimeoutPreemptively(ofSeconds(10), () -> {
            assertThat(store.check(CLIENT)).isEqualTo(unusable("not a regular file"));
            assertThat(store.age().removed()).isZero();
            store.list(g -> {});
            store.allow(CLIENT, JOE);
            assertThat(store.check(CLIENT)).isInstanceOf(Verdict.Granted.class);
        });
    }

    @Test
    void aSocketGrantsNothing() throws IOException {
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(spool.file("192.0.2.7")));
            assertThat(store.check(CLIENT)).isEqualTo(unusable("a socket or a device"));
            store.allow(CLIENT, JOE);
            assertThat(store.check(CLIENT)).isInstanceOf(Verdict.Granted.class);
        }
    }

    @Test
    void aDirectoryGrantsNothingAndTheLoginIsTold() throws IOException {
        Files.createDirectory(spool.file("192.0.2.7"));
        assertThat(store.check(CLIENT)).isEqualTo(unusable("not a regular file"));
        Allowed allowed = store.allow(CLIENT, JOE);
        assertThat(allowed).isInstanceOf(Allowed.NotWritten.class);
        assertThat(((Allowed.NotWritten) allowed).why())
                .matches("Could not rename '\\.\\d+\\.\\d{6}:postern-[0-9a-f]+' to '192\\.0\\.2\\.7': Is a directory");
        TestingSpool.ago(spool.file("192.0.2.7"), 1000);
        assertThat(store.age()).isEqualTo(new Aged(0, 0, 0, null));
        assertThat(spool.names()).containsExactly("192.0.2.7");
    }

    @Test
    void ageFollowsNoLink() throws IOException {
        Path target = TestingSpool.ago(Files.createFile(scratch.resolve("target")), 1000);
        Files.createSymbolicLink(spool.file("192.0.2.7"), target);
        Files.createSymbolicLink(spool.file(".1795486487.220589:30518"), target);
        assertThat(store.age()).isEqualTo(new Aged(0, 0, 0, null));
        assertThat(target).exists();
    }

    @Test
    void eightKibibytesAreReadAndNoMore() throws IOException {
        String padding = "X=" + "a".repeat(GrantFile.MAX_OCTETS - 12) + "\0";
        spool.write("192.0.2.7", padding + "USER=joe\0", 0);
        assertThat(spool.content("192.0.2.7")).hasSize(GrantFile.MAX_OCTETS);
        assertThat(holder()).isEqualTo(JOE);
        spool.write("192.0.2.7", "X" + padding + "USER=joe\0", 0);
        assertThat(store.check(CLIENT)).isEqualTo(unusable("larger than 8192 octets"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RELAYCLIENT=@evil\0PATH=/evil\0LD_PRELOAD=/x.so\0",
                "USER=a\nb\0DOMAIN=c\rd\0",
                "USER=a\u007fb\0",
                "USER=joe",
                "USER",
                "\0\0\0",
                " USER=joe\0",
                "user=joe\0"
            })
    void whatIsNoCleanUserOrDomainStaysInTheFile(String content) throws IOException {
        spool.write("192.0.2.7", content, 0);
        assertThat(holder()).isEqualTo(Holder.UNNAMED);
    }

    @Test
    void aUserMayBeLongButNotTooLong() throws IOException {
        spool.write("192.0.2.7", "USER=" + "a".repeat(512) + "\0DOMAIN=" + "b".repeat(513) + "\0", 0);
        assertThat(holder()).isEqualTo(new Holder("a".repeat(512), null));
    }

    @Test
    void ofTwoUsersTheLastCountsAsForPutenv() throws IOException {
        spool.write("192.0.2.7", "USER=ann\0X=1\0USER=joe\0", 0);
        assertThat(holder()).isEqualTo(JOE);
    }

    @Test
    void oddNamesDisturbNobody() throws IOException {
        List<String> odd =
                List.of("\u00e9\u00ff\u0001", "a b\nc", "-rf", "...", "192.0.2.7 ", "192.0.2.7\u00e9", "x".repeat(255));
        for (String name : odd) {
            spool.write(name, "USER=x\0", 1000);
        }
        store.allow(CLIENT, JOE);
        assertThat(store.age()).isEqualTo(new Aged(0, 1, 0, null));
        List<Grant> listed = new ArrayList<>();
        store.list(listed::add);
        assertThat(listed).hasSize(1);
        assertThat(spool.names()).hasSize(odd.size() + 1);
    }

    @Test
    void aMaskDoesNotCutTheMode() throws Exception {
        // The umask of this process is whatever it is; with DIR_FD all bits must come through.
        int fd = Descriptor.openDirectory(spool.directory().toString());
        assertThat(behind(fd).allow(CLIENT, JOE)).isInstanceOf(Allowed.Written.class);
        assertThat((int) spool.attributes("192.0.2.7").get("mode") & 07777).isEqualTo(0666);
        Descriptor.close(fd);
    }

    // ---- the recipe's set-up: 0777 below 0700, POP users who come through the descriptor

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @Test
    @EnabledIf("isRoot")
    void usersReachTheDirectoryThroughTheDescriptorAlone() throws Exception {
        int fd = closedAbove();
        assertThat(TestingFileIds.as(1001, () -> store.check(CLIENT)))
                .isEqualTo(new Verdict.Unavailable(
                        "Could not change directory to '" + spool.directory() + "': Permission denied"));
        assertThat(TestingFileIds.as(1001, () -> behind(fd).allow(CLIENT, JOE))).isInstanceOf(Allowed.Written.class);
        assertThat(spool.attributes("192.0.2.7").get("uid")).isEqualTo(1001);
        assertThat(TestingFileIds.as(1002, () -> behind(fd).check(CLIENT))).isInstanceOf(Verdict.Granted.class);
        Descriptor.close(fd);
    }

    @Test
    @EnabledIf("isRoot")
    void anotherUserRenewsTheSameAndReplacesWhatDiffers() throws Exception {
        int fd = closedAbove();
        TestingFileIds.as(1001, () -> behind(fd).allow(CLIENT, JOE));
        TestingSpool.ago(spool.file("192.0.2.7"), 500);
        TestingFileIds.as(1002, () -> behind(fd).allow(CLIENT, JOE));
        assertThat(spool.age("192.0.2.7")).isBetween(0L, 1L);
        assertThat(spool.attributes("192.0.2.7").get("uid")).isEqualTo(1001);

        TestingFileIds.as(1002, () -> behind(fd).allow(CLIENT, new Holder("ann", null)));
        assertThat(spool.content("192.0.2.7")).isEqualTo("USER=ann\0");
        assertThat(spool.attributes("192.0.2.7").get("uid")).isEqualTo(1002);
        Descriptor.close(fd);
    }

    @Test
    @EnabledIf("isRoot")
    void aFileThatOnlyItsOwnerMayReadIsReplacedByAnotherUser() throws Exception {
        int fd = closedAbove();
        spool.write("192.0.2.7", "USER=joe\0", 0);
        assertThat(TestingFileIds.as(1001, () -> behind(fd).check(CLIENT)))
                .isEqualTo(Verdict.not(new Verdict.Why.Unreadable("Permission denied")));
        assertThat(TestingFileIds.as(1001, () -> behind(fd).allow(CLIENT, JOE))).isInstanceOf(Allowed.Written.class);
        assertThat(TestingFileIds.as(1001, () -> behind(fd).check(CLIENT))).isInstanceOf(Verdict.Granted.class);
        Descriptor.close(fd);
    }

    @Test
    @EnabledIf("isRoot")
    void aDirectoryThatMayNotBeWrittenIsToldAndWhatIsThereStays() throws Exception {
        TestingSpool.mode(spool.write("192.0.2.8", "", 1000), 0644);
        TestingSpool.mode(spool.directory(), 0755);
        TestingSpool.mode(scratch, 0755);
        Allowed allowed = TestingFileIds.as(1001, () -> store.allow(CLIENT, JOE));
        assertThat(((Allowed.NotWritten) allowed).why())
                .matches("Could not open '\\.\\d+\\.\\d{6}:postern-[0-9a-f]+' for writing: Permission denied");
        assertThat(TestingFileIds.as(1001, store::age))
                .isEqualTo(new Aged(0, 0, 1, "Could not remove '192.0.2.8': Permission denied"));
        assertThat(spool.names()).containsExactly("192.0.2.8");
    }

    private int closedAbove() throws IOException {
        TestingSpool.mode(spool.directory(), 0777);
        TestingSpool.mode(scratch, 0700);
        return Descriptor.openDirectory(Octets.of(spool.directory()));
    }

    private static DirectoryStore behind(int fd) {
        return new DirectoryStore(
                Spool.behind(fd), DirectoryStore.Settings.expiringAfter(TestingSpool.EXPIRY), InstantSource.system());
    }

    private Holder holder() {
        Verdict verdict = store.check(CLIENT);
        assertThat(verdict).isInstanceOf(Verdict.Granted.class);
        return ((Verdict.Granted) verdict).grants().getFirst().holder();
    }

    private static Verdict unusable(String what) {
        return Verdict.not(new Verdict.Why.Unusable(what));
    }
}
