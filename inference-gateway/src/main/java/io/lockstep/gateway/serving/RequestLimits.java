package io.lockstep.gateway.serving;

/**
 * How much one request may ask for.
 *
 * @param pictureBytes largest encoded picture
 * @param messageBytes largest message, pictures included
 * @param textBytes most text of one request, in bytes of UTF-8
 * @param picturePixels largest picture when decoded
 * @param pictures most pictures in a request, most summaries in a group
 * @param newTokens most tokens that a request may ask for
 * @param defaultNewTokens tokens generated at most when a request doesn't say
 */
public record RequestLimits(
    int pictureBytes,
    int messageBytes,
    int textBytes,
    long picturePixels,
    int pictures,
    int newTokens,
    int defaultNewTokens) {

  /**
   * 32 MiB and 64 megapixels a picture, 64 MiB a message, 1 MiB of text, 64 pictures, 256 of at
   * most 2048 new tokens.
   */
  public static final RequestLimits DEFAULT =
      new RequestLimits(32 << 20, 64 << 20, 1 << 20, 64_000_000, 64, 2048, 256);

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
}
