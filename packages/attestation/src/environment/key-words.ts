/** Three words that people can compare for a key or a session: 24 bits, enough against a mix-up, not against a forger with time. */
export async function keyWords(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
  return Array.from(digest.subarray(0, 3), (byte) => WORDS[byte]).join(' ');
}

/** In order, and no two begin with the same four letters. The order is part of the format. */
const WORDS: readonly string[] = (
  'acid acorn actor album alley amber angle ankle apple apron arena arrow atlas attic autumn award ' +
  'axis bacon badge bagel bamboo banana banjo barn basil basket beach beaver bench berry bicycle bishop ' +
  'blanket blossom bonnet bottle bridge bronze bucket buffalo button cabin cactus camel candle canyon carbon carpet ' +
  'castle cedar celery chalk cherry chess chimney cider cinema circus clover cobalt coconut comet copper coral ' +
  'cotton cradle crater cricket crystal cupboard curtain cushion daisy dancer decade delta denim desert diamond diesel ' +
  'dolphin domino donkey dragon drum eagle easel echo eclipse elbow elephant ember emerald engine envelope fabric ' +
  'falcon fancy feather fiddle fjord flamingo flute forest fossil fountain fox freckle galaxy garlic gecko geyser ' +
  'giant ginger giraffe glacier goblet gondola gorilla granite gravel guitar hammer harbor harvest hazel hedgehog helmet ' +
  'heron hockey honey hotel humor iceberg igloo indigo insect iris island ivory jacket jaguar jasmine jelly ' +
  'jigsaw jungle juniper kayak kernel kettle kiosk kitchen koala ladder lagoon lantern lava lemon lentil leopard ' +
  'library lilac lizard lobster lotus lumber magnet mango maple marble meadow melon mirror mitten monkey mosaic ' +
  'muffin museum mustard napkin nectar needle nickel noodle nugget nutmeg oasis ocean octopus olive onion opera ' +
  'orbit orchid otter oyster paddle panda paper parrot peanut pebble pelican pepper piano pickle pigeon pillow ' +
  'planet plum pocket polar pony pottery prairie pretzel puzzle quartz quilt rabbit radar raisin ribbon river ' +
  'robin rocket saddle salad sandal saturn scarf sequoia shadow sheriff silver sketch spider sponge squid sunset ' +
  'tango teapot thunder tiger tomato trumpet tulip tunnel turtle umbrella valley vanilla velvet violin walnut zebra'
).split(' ');
