package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.DkimKeyFile;
import org.postern.dkim.TestingKey;
import org.postern.tool.TestingCommand.Left;

class DkimKeyCommandTest {
    @TempDir
    Path dir;

    private Left dkimKey(String... arguments) throws IOException {
        String[] all =
                Stream.concat(Stream.of("dkim-key"), Stream.of(arguments)).toArray(String[]::new);
        return TestingCommand.postern(Path.of("postern").toAbsolutePath(), all);
    }

    @Test
    void makesAKeyForItsOwnerAndPrintsItsRecord() throws IOException {
        Path file = dir.resolve("k.pem");
        Left left = dkimKey("Example.com", "S1", "--file", file.toString());
        assertThat(left.code()).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(DkimKeyFile.read(file).getModulus().bitLength()).isEqualTo(2048);
        assertThat(left.stderr())
                .startsWith("made    " + file + " (RSA, 2048 bits)\n")
                .contains("       key_file = \"" + file + "\"\n", "       example.com:s1:" + file + "\n");

        assertThat(left.stdout())
                .startsWith("s1._domainkey.example.com. IN TXT ( \"v=DKIM1; k=rsa; p=")
                .endsWith("\" )\n");
        List<String> strings = Pattern.compile("\"([^\"]*)\"")
                .matcher(left.stdout())
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(strings).hasSize(2).allMatch(string -> string.length() <= 255);
        byte[] p = Base64.getDecoder().decode(String.join("", strings).split("p=", 2)[1]);
        assertThat(p).isEqualTo(TestingKey.publicKey(DkimKeyFile.read(file)).getEncoded());
    }

    @Test
    void aKeyThatIsThereStaysAndItsRecordIsPrinted() throws IOException {
        Path file = dir.resolve("k.pem");
        Left made = dkimKey("example.com", "s1", "--file", file.toString(), "--bits", "3072");
        String before = Files.readString(file);
        Left again = dkimKey("example.com", "s1", "--file", file.toString());
        assertThat(again.code()).isZero();
        assertThat(again.stdout()).isEqualTo(made.stdout());
        assertThat(again.stderr()).startsWith("kept    " + file + " (RSA, 3072 bits)\n");
        assertThat(file).content().isEqualTo(before);
    }

    @Test
    void whatCannotBeDoneIsExit111() throws IOException {
        Path text = Files.writeString(dir.resolve("text"), "x");
        Files.setPosixFilePermissions(text, PosixFilePermissions.fromString("rw-------"));
        Left left = dkimKey("example.com", "s1", "--file", text.toString());
        assertThat(left.code()).isEqualTo(111);
        assertThat(left.stderr()).startsWith("postern dkim-key: fatal: " + text + ": it has no private key in PEM");
        assertThat(text).content().isEqualTo("x");
        left = dkimKey("example.com", "s1", "--file", dir.resolve("none/k").toString());
        assertThat(left.code()).isEqualTo(111);
        assertThat(left.stderr()).isEqualTo("postern dkim-key: fatal: " + dir + "/none/k: file does not exist\n");
    }

    @Test
    void misuseIsExit100() throws IOException {
        Path file = dir.resolve("k.pem");
        for (List<String> wrong : List.of(
                List.of("example.com"),
                List.of("joe@example.com", "s1", "--file", file.toString()),
                List.of("example.com", "s 1", "--file", file.toString()),
                List.of("example.com", "s1", "--file", file.toString(), "--bits", "1024"))) {
            assertThat(dkimKey(wrong.toArray(String[]::new)).code())
                    .as("%s", wrong)
                    .isEqualTo(100);
        }
        assertThat(file).doesNotExist();
    }
}
