package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.os.Crypt;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.tcp.Connection;
import org.postern.tcp.TestingWire;

/** Whatever stands on descriptor 3: only the password lets in, and nothing breaks. */
class CheckpasswordFuzzTest {
    private static final Identity JOE = new Identity(4711, 4711, List.of());

    private static Path directory = Path.of("");
    private static final Checkpassword CHECKPASSWORD =
            new Checkpassword(Path.of("/nonexistent/users"), new Nss(), new Crypt());

    @BeforeContainer
    static void accounts() throws IOException {
        directory = Files.createTempDirectory("users-fuzz");
        Path file = Files.writeString(
                directory.resolve("users"),
                "joe:{PLAIN}secret:4711:4711::/:/bin/sh\nann:!:4711:4711::/:/bin/sh\nbob:{PLAIN}:4711:4711::/:/bin/sh\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    @AfterContainer
    static void remove() throws IOException {
        Files.delete(directory.resolve("users"));
        Files.delete(directory);
    }

    @Property(tries = 5000)
    void onlyThePasswordLetsIn(@ForAll("offers") String offer) {
        Descriptors fds = new Descriptors(
                new Connection(TestingWire.sending()),
                line -> assertThat(line).doesNotContain("\n"),
                Map.of(3, new Descriptors.Other.Data(offer)));
        Tool.Exit exit = CHECKPASSWORD.run(new Tool.Invocation(
                Args.of("checkpassword", "true"),
                Env.empty().with("CHECKPASSWORD_FILE", "users"),
                directory,
                JOE,
                fds,
                1));
        boolean right = offer.length() <= 512 && offer.startsWith("joe\0secret\0");
        int code = exit instanceof Tool.Exit.Code c ? c.value() : 0;
        assertThat(code == 0).isEqualTo(right);
        assertThat(code).isIn(0, 1, 2);
    }

    @Provide
    Arbitrary<String> offers() {
        Arbitrary<String> pieces = Arbitraries.of(
                "joe",
                "secret",
                "\0",
                "\0",
                "ann",
                "bob",
                "",
                "<1.2@h>",
                "\n",
                "\u00ff",
                "joe\0secret\0",
                "!",
                "5ebe2294ecd0e0f08eab7690d2a6ee69",
                "x".repeat(200));
        return pieces.list().ofMaxSize(8).map(list -> String.join("", list));
    }
}
