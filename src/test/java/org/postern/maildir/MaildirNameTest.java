package org.postern.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import org.junit.jupiter.api.Test;

class MaildirNameTest {
    @Test
    void sizesAndFlagsAreRead() {
        MaildirName name = MaildirName.of("1700000000.M1P2.host,S=1234,W=1260:2,RS");
        assertThat(name.octets()).hasValue(1234);
        assertThat(name.wireOctets()).hasValue(1260);
        assertThat(name.flags()).isEqualTo("RS");
        assertThat(name.uid()).isEqualTo("1700000000.M1P2.host,S=1234,W=1260");
    }

    @Test
    void sizeThatTheFileBeliesCountsForNothing() {
        assertThat(MaildirName.of("a,S=10,W=12").wireOctets(11)).isEmpty();
        assertThat(MaildirName.of("a,S=10,W=9").wireOctets(10)).isEmpty();
        assertThat(MaildirName.of("a,S=10,W=23").wireOctets(10)).isEmpty();
        assertThat(MaildirName.of("a,S=10,W=22").wireOctets(10)).hasValue(22);
        assertThat(MaildirName.of("a,W=12").wireOctets(10)).isEmpty();
        assertThat(MaildirName.of("a,S=10").wireOctets(10)).isEmpty();
        assertThat(MaildirName.of("a,S=1x,W=12").octets()).isEmpty();
        assertThat(MaildirName.of("a,S=,W=12").octets()).isEmpty();
        assertThat(MaildirName.of("a,S=9999999999999999999999").octets()).isEmpty();
        assertThat(MaildirName.of("a:2,S=10,W=12").octets()).isEqualTo(OptionalLong.empty());
    }

    @Test
    void flagIsAddedInItsPlace() {
        assertThat(MaildirName.of("a").with('S')).hasToString("a:2,S");
        assertThat(MaildirName.of("a:2,").with('S')).hasToString("a:2,S");
        assertThat(MaildirName.of("a:2,RT").with('S')).hasToString("a:2,RST");
        assertThat(MaildirName.of("a:2,S").with('S')).hasToString("a:2,S");
        assertThat(MaildirName.of("a:1,x").with('S')).hasToString("a:1,x:2,S");
    }

    @Test
    void uidThatRfc1939DoesNotAllowIsAHash() {
        assertThat(MaildirName.of("x".repeat(70)).uid()).isEqualTo("x".repeat(70));
        assertThat(MaildirName.of("x".repeat(71)).uid()).hasSize(64).isNotEqualTo("x".repeat(64));
        assertThat(MaildirName.of("a b").uid()).hasSize(64);
        assertThat(MaildirName.of("a\u00e9").uid()).hasSize(64);
        assertThat(MaildirName.of(":2,S").uid()).hasSize(64);
    }

    @Property
    void everyNameIsKeptAndHasAnAllowedUid(@ForAll @CharRange(from = '\1', to = '\u00ff') String file) {
        MaildirName name = MaildirName.of(file);
        assertThat(name).hasToString(file);
        assertThat(name.uid()).matches("[!-~]{1,70}");
        assertThat(name.with('S').uid()).as("flags do not change it").isEqualTo(name.uid());
    }
}
