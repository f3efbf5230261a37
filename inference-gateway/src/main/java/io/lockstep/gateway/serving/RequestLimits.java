package io.lockstep.gateway.serving;

import io.lockstep.model.context.ContextLimit;
import java.util.OptionalInt;

/**
 * How much one request may ask for.
 *
 * @param pictureBytes largest encoded picture
 * @param messageBytes largest message, pictures included
 * @param textBytes most text of one request, in bytes of UTF-8
 * @param picturePixels largest picture when decoded
 * @param pictures most pictures in a request, most summaries in a group
 * @param newTokens most tokens that a request may ask for
 * @param defaultNewTokens tokens generated at most when a request doesn't say, and fewer where the
 *     length that the model was trained with leaves less
 * @param maxModelLen most tokens of prompt and answer together, if that is less than what the model
 *     takes
 */
public record RequestLimits(
    int pictureBytes,
    int messageBytes,
    int textBytes,
    long picturePixels,
    int pictures,
    int newTokens,
    int defaultNewTokens,
    OptionalInt maxModelLen) {

  private static final int NEW_TOKENS = 8192;

  /**
   * 32 MiB and 64 megapixels a picture, 64 MiB a message, 1 MiB of text, 64 pictures, {@link
   * ContextLimit#DEFAULT_NEW_TOKENS} of at most 8192 new tokens, all that the model takes.
   */
  public static final RequestLimits DEFAULT =
      new RequestLimits(
          32 << 20,
          64 << 20,
          1 << 20,
          64_000_000,
          64,
          NEW_TOKENS,
          ContextLimit.DEFAULT_NEW_TOKENS,
          OptionalInt.empty());

  public RequestLimits {
    if (pictureBytes < 1
        || messageBytes < 1
        || textBytes < 1
        || picturePixels < 1
        || pictures < 1
        || defaultNewTokens < 1
        || newTokens < defaultNewTokens) {
      throw new IllegalArgumentException(
          "limits must be positive and the default number of new tokens within its limit: "
              + "%d bytes a picture, %d bytes a message, %d bytes of text, %d pixels, %d pictures, %d new tokens, default %d"
                  .formatted(
                      pictureBytes,
                      messageBytes,
                      textBytes,
                      picturePixels,
                      pictures,
                      newTokens,
                      defaultNewTokens));
    }
  }

  /** The same with other numbers of new tokens; without a default, the usual one if it fits. */
  public RequestLimits withNewTokens(int most, OptionalInt byDefault) {
    return new RequestLimits(
        pictureBytes,
        messageBytes,
        textBytes,
        picturePixels,
        pictures,
        most,
        byDefault.orElse(Math.min(most, ContextLimit.DEFAULT_NEW_TOKENS)),
        maxModelLen);
  }

  /** The same with another limit of prompt and answer together. */
  public RequestLimits withMaxModelLen(OptionalInt most) {
    return new RequestLimits(
        pictureBytes,
        messageBytes,
        textBytes,
        picturePixels,
        pictures,
        newTokens,
        defaultNewTokens,
        most);
  }
}
