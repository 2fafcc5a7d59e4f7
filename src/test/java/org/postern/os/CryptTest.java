package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CryptTest {
    private final Crypt crypt = new Crypt();

    /** Made by mkpasswd 5.5.17, one for each method it lists, of the password "secret". */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "$y$j9T$TFJg38/m4uxZ0joOlC3ge/$zAabroUmcCq.bmjpGImyZZ4ArCx.dxk4eYqtLojMZ84",
                "$gy$j9T$E1Bj3uZxPYOXRAIaUTqHy/$mZN9DLiQ1Xk02s0AXyLB.byVkS66MZzgKCpsZYBk2G5",
                "$7$CU..../....qTEINgY3ZZsevji3rUbHK.$TAp..tKjgjGmwZbQtwg9.Zkr7Top5sV88ABuzfGa7s9",
                "$2b$05$m8DUe0NQ/x9Eoc4u29nngOS91the0d.47MjupcKoRMPDA1TNWo.hm",
                "$2a$05$w5VX3N5Ai72QV/YA/dsKgutMzIvAMzk.NAqSk86sJNqEynmeHfraW",
                "$6$jNZ.E78YFIgrn.ay$1GcFpd60RtMYak5FPMBUMwlXB8VwslSiSyx/dmvqgk41TZKFPuPV67/wEEM0LIDngxSsveNO3XKj9boJ"
                        + "Fetu2/",
                "$5$72Jap5mniQhZVGZV$HIh7.GFq4hreMkZxQRWIF.a0kBW8MWvFVki51x8F3w7",
                "$md5,rounds=52765$RgEvszqa$$B3FTStdsIa8PyqyColpo5.",
                "$1$wY1OlIRg$ideWlEu81Xx.QOpkEY7xo/",
                "_J9..eiagrfanatl.x1k",
                "C.BnPOmpBdVHo",
                "$3$$878d8014606cda29677a44efa1353fc7"
            })
    void everySchemeOfTheSystemIsChecked(String hash) throws IOException {
        assertThat(crypt.hash("secret", hash)).isEqualTo(new Crypt.Result.Hash(hash));
        assertThat(crypt.hash("Secret", hash))
                .isInstanceOf(Crypt.Result.Hash.class)
                .isNotEqualTo(new Crypt.Result.Hash(hash));
    }

    @Test
    void octetsOfAPasswordAreNotReencoded() throws IOException {
        // openssl passwd -1 -salt 8bitsalt "$(printf 'caf\351')"
        assertThat(crypt.hash("caf\u00e9", "$1$8bitsalt$"))
                .isEqualTo(new Crypt.Result.Hash("$1$8bitsalt$mBU/Q.2eNs752gNgPv9.m1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$argon2id$v=19$m=65536,t=3,p=1$Ndui2AhGPX9qXv5tsXBrHQ$mgYd",
                "$apr1$EoN6l35q$waYk",
                "*",
                "!!",
                "",
                "$",
                "$6",
                "x",
                "\0"
            })
    void whatTheLibraryDoesNotKnowIsNotSupported(String setting) throws IOException {
        assertThat(crypt.hash("secret", setting)).isEqualTo(new Crypt.Result.NotSupported("libcrypt.so.1"));
    }

    @Test
    void aPasswordLongerThanTheLibraryTakesIsNotSupported() throws IOException {
        assertThat(crypt.hash("a".repeat(Crypt.LONGEST_PHRASE), "$1$abc$")).isInstanceOf(Crypt.Result.Hash.class);
        assertThat(crypt.hash("a".repeat(Crypt.LONGEST_PHRASE + 1), "$1$abc$"))
                .isInstanceOf(Crypt.Result.NotSupported.class);
    }

    @Test
    void withoutTheLibraryTheAnswerSaysWhatToInstall() throws IOException {
        Crypt absent = new Crypt(List.of("libcrypt-of-no-machine.so.7"));
        assertThat(absent.hash("secret", "$1$abc$"))
                .isInstanceOfSatisfying(
                        Crypt.Result.NoLibrary.class,
                        none -> assertThat(none.remedy()).contains("libcrypt1"));
        assertThat(absent.preferredSetting()).isEmpty();
    }

    @Test
    void thePreferredSettingIsASchemesAndNeverTheSameTwice() throws IOException {
        String setting = crypt.preferredSetting().orElseThrow();
        assertThat(setting)
                .startsWith("$")
                .isNotEqualTo(crypt.preferredSetting().orElseThrow());
        assertThat(crypt.hash("secret", setting)).isInstanceOf(Crypt.Result.Hash.class);
    }

    @Test
    void fiftyThreadsAtOnceDoNotDisturbEachOther() throws Exception {
        try (ExecutorService virtual = Executors.newVirtualThreadPerTaskExecutor();
                ExecutorService platform = Executors.newFixedThreadPool(25)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String password = "password" + i;
                Crypt.Result alone = crypt.hash(password, "$5$rounds=1000$salt" + i + "$");
                all.add((i % 2 == 0 ? virtual : platform).submit(() -> {
                    for (int round = 0; round < 20; round++) {
                        assertThat(crypt.hash(password, ((Crypt.Result.Hash) alone).octets()))
                                .isEqualTo(alone);
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }
}
