package io.lockstep.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

class FollowersTest {

  private final Followers followers = new Followers(Clock.systemUTC());

  private List<String> names() {
    return followers.all().stream().map(Follower::name).toList();
  }

  @Test
  void whatOneServedIsRememberedWhileItIsAway() {
    followers.began("b", "10.0.0.2:1");
    followers.began("a", "10.0.0.1:1");
    followers.serves("a", "10.0.0.1:2", 5, "aligned", true);
    followers.ended("a");
    assertEquals(List.of("b", "a"), names(), "those that follow come first");
    Follower gone = followers.all().getLast();
    assertEquals("10.0.0.1:1", gone.address());
    assertEquals(5, gone.serving().orElseThrow().steps());
    followers.began("a", "10.0.0.9:1");
    assertEquals(List.of("a", "b"), names());
    assertEquals(5, followers.all().getFirst().serving().orElseThrow().steps());
  }

  @Test
  void manyNamesTakeThePlaceOfThoseThatAreGoneAndOfNobodyElse() {
    followers.began("kept", "10.0.0.1:1");
    for (int i = 0; i < 3 * Followers.MOST; i++) {
      followers.serves("stranger " + i, "10.0.0.2:1", i, "", false);
    }
    assertEquals(Followers.MOST, followers.all().size());
    assertEquals("kept", names().getFirst());
    for (int i = 0; i < 3 * Followers.MOST; i++) {
      followers.began("loud " + i, "10.0.0.3:1");
    }
    assertEquals(Followers.MOST, followers.all().size());
    assertTrue(names().contains("kept"));
  }
}
