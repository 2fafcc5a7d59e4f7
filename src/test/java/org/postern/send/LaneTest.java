package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DsnRcpt;
import org.postern.queue.MessageName;

class LaneTest {
    private static final DeliveryResult YES = new DeliveryResult.Delivered("");
    private static final DeliveryResult LATER = new DeliveryResult.Deferred("");
    private static final Duration SOON = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(60);

    private static Work work(String domain) {
        return new Work(null, 0, new Route.Remote("a@" + domain, domain), DsnRcpt.NONE);
    }

    private static Entry entry(int id) {
        return new Entry(MessageName.parse(id + "-0000000000000001").orElseThrow(), false, Instant.EPOCH);
    }

    private static void add(Lane lane, String domain, int count) {
        for (int i = 0; i < count; i++) {
            lane.add(work(domain), false);
        }
    }

    private static List<String> start(Lane lane) {
        List<String> started = new ArrayList<>();
        for (Work w = lane.start(); w != null; w = lane.start()) {
            started.add(((Route.Remote) w.route()).domain());
        }
        return started;
    }

    private static void end(Lane lane, DeliveryResult result, Duration took, List<String> domains) {
        domains.forEach(domain -> lane.ended(work(domain), result, took));
    }

    /** Has one delivery of it, so that its pace is known. */
    private static void learn(Lane lane, String domain, DeliveryResult result, Duration took) {
        add(lane, domain, 1);
        end(lane, result, took, start(lane));
    }

    @Test
    void anUnknownDestinationGetsHalfOfThreeQuartersAndTheNextHalfOfTheRest() {
        Lane lane = new Lane(20);
        add(lane, "a", 50);
        assertThat(start(lane)).hasSize(8);
        add(lane, "b", 50);
        assertThat(start(lane)).hasSize(4).containsOnly("b");
        add(lane, "c", 50);
        assertThat(start(lane)).hasSize(2).containsOnly("c");
        assertThat(lane.active()).isEqualTo(14);
        assertThat(lane.waiting()).isEqualTo(136);
    }

    @Test
    void oneThatAnswersSoonGetsMost() {
        Lane lane = new Lane(20);
        learn(lane, "a", YES, SOON);
        add(lane, "a", 50);
        assertThat(start(lane)).hasSize(15);
        add(lane, "b", 50);
        assertThat(start(lane)).hasSize(3).containsOnly("b");
    }

    @Test
    void oneThatTakesLongGetsAQuarterWhateverItSays() {
        for (DeliveryResult result : List.of(YES, LATER)) {
            Lane lane = new Lane(20);
            learn(lane, "a", result, LONG);
            add(lane, "a", 50);
            assertThat(start(lane)).hasSize(5);
        }
    }

    @Test
    void aQuickDeferralChangesNothing() {
        Lane lane = new Lane(20);
        learn(lane, "slow", LATER, LONG);
        learn(lane, "slow", LATER, SOON);
        add(lane, "slow", 50);
        assertThat(start(lane)).hasSize(5);
        Lane other = new Lane(20);
        learn(other, "new", LATER, SOON);
        add(other, "new", 50);
        assertThat(start(other)).hasSize(8);
    }

    @Test
    void thousandsOfDeadDestinationsLeaveAQuarterToThoseThatAnswer() {
        Lane lane = new Lane(20);
        learn(lane, "good", YES, SOON);
        for (int i = 0; i < 4000; i++) {
            add(lane, "dead" + i, 1);
        }
        List<String> dead = start(lane);
        assertThat(dead).hasSize(15);
        add(lane, "good", 3);
        assertThat(start(lane)).containsExactly("good", "good", "good");
        end(lane, LATER, LONG, dead);
        end(lane, YES, SOON, List.of("good", "good", "good"));
        // Now they are known: they get half, and the others of them a quarter more.
        dead.forEach(domain -> add(lane, domain, 1));
        assertThat(start(lane)).hasSize(15);
        add(lane, "good", 1);
        assertThat(start(lane)).containsExactly("good");
    }

    @Test
    void whatWasTriedInVainBeforeIsPresumedSlow() {
        Lane lane = new Lane(20);
        for (int i = 0; i < 4000; i++) {
            lane.add(work("dead" + i), true);
        }
        assertThat(start(lane)).hasSize(10);
        add(lane, "new", 1);
        assertThat(start(lane)).containsExactly("new");
    }

    @Test
    void theLatestToComeIsOneOfTheNextTwo() {
        Lane lane = new Lane(20);
        for (int i = 0; i < 4000; i++) {
            add(lane, "dead" + i, 1);
        }
        List<String> dead = start(lane);
        add(lane, "new", 1);
        end(lane, LATER, LONG, dead.subList(0, 2));
        assertThat(start(lane)).hasSize(2).contains("new");
    }

    @Test
    void destinationsTakeTurns() {
        Lane lane = new Lane(16);
        add(lane, "a", 5);
        add(lane, "b", 5);
        add(lane, "c", 5);
        List<String> started = start(lane);
        assertThat(started.subList(0, 3)).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(started.subList(3, 6)).containsExactlyInAnyOrder("a", "b", "c");
    }

    @Test
    void whatEndsMakesRoom() {
        Lane lane = new Lane(2);
        add(lane, "a", 3);
        assertThat(start(lane)).hasSize(1);
        assertThat(start(lane)).isEmpty();
        lane.ended(work("a"), LATER, SOON);
        assertThat(start(lane)).hasSize(1);
    }

    @Test
    void evenALimitOfOneDelivers() {
        Lane lane = new Lane(1);
        add(lane, "a", 1);
        assertThat(start(lane)).containsExactly("a");
        end(lane, LATER, LONG, List.of("a"));
        add(lane, "a", 1);
        assertThat(start(lane)).containsExactly("a");
        assertThat(start(new Lane(0))).isEmpty();
    }

    @Test
    void messagesAreParkedBehindWhatIsEnoughAndComeBackWhenItIsLittle() {
        Lane lane = new Lane(100);
        Destination.Key a = work("a").key();
        add(lane, "a", Lane.ENOUGH - 1);
        assertThat(lane.mustPark(a)).isFalse();
        add(lane, "a", 1);
        assertThat(lane.hasEnough(a)).isTrue();
        Entry first = entry(1);
        Entry second = entry(2);
        lane.park(first, a, false);
        lane.park(second, a, false);
        assertThat(lane.unpark()).isNull();
        for (int i = 0; i < Lane.ENOUGH - Lane.FEW + 1; i++) {
            lane.ended(lane.start(), YES, SOON);
        }
        assertThat(lane.mustPark(a)).isTrue();
        assertThat(lane.hasEnough(a)).isFalse();
        assertThat(lane.unpark()).isSameAs(first);
        assertThat(lane.unpark()).isSameAs(second);
        assertThat(lane.unpark()).isNull();
        assertThat(lane.mustPark(a)).isFalse();
    }

    @Test
    void aFullLaneParksWhateverItIsToDoAndGivesNothingBack() {
        Lane lane = new Lane(100);
        Destination.Key a = work("a").key();
        Entry entry = entry(1);
        lane.addEnvelope(Lane.MAX_ENVELOPES);
        assertThat(lane.isFull()).isTrue();
        assertThat(lane.mustPark(a)).isTrue();
        lane.park(entry, a, false);
        assertThat(lane.unpark()).isNull();
        lane.addEnvelope(-1);
        assertThat(lane.isFull()).isFalse();
        assertThat(lane.unpark()).isSameAs(entry);
    }

    @Test
    void aCrowdOfUnknownDestinationsIsNoneOfThoseThatAnswer() {
        Lane lane = new Lane(100);
        learn(lane, "good", YES, SOON);
        for (int i = 0; i < Lane.MAX_WAITING; i++) {
            add(lane, "dead" + i, 1);
        }
        assertThat(lane.hasRoom(work("another").key(), false)).isFalse();
        assertThat(lane.hasRoom(work("another").key(), true)).isTrue();
        assertThat(lane.hasRoom(work("good").key(), true)).isTrue();
        assertThat(lane.isFull()).isFalse();
    }

    @Test
    void ofWhatIsParkedTheOldestAndTheLatestTakeTurns() {
        Lane lane = new Lane(100);
        for (int i = 1; i <= 4; i++) {
            lane.park(entry(i), work("d" + i).key(), false);
        }
        List<Long> ids = new ArrayList<>();
        for (Entry e = lane.unpark(); e != null; e = lane.unpark()) {
            ids.add(e.name.id());
        }
        assertThat(ids).containsExactly(1L, 4L, 2L, 3L);
    }
}
