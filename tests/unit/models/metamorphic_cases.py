"""Sentences and changes to them that should, or should not, change how they feel; written for this project."""

#: A sentence, and the same turned round by negation.
NEGATED = {
    "en": (
        ("I recommend this kettle.", "I do not recommend this kettle."),
        ("It works.", "It doesn't work."),
        ("I am happy with it.", "I am not happy with it."),
        ("The zip is solid.", "The zip is not solid at all."),
        ("You will like it.", "You won't like it."),
        ("I would buy it again.", "I would never buy it again."),
        ("The screen is good.", "The screen is not good."),
        ("It is worth the money.", "It isn't worth the money."),
        ("They answered my questions kindly.", "They did not answer my questions."),
        ("The lid fits well.", "The lid does not fit."),
        ("My son enjoys it.", "My son does not enjoy it."),
        ("The sound is clear.", "The sound isn't clear."),
        ("It is comfortable.", "It is not comfortable."),
        ("This is a good lamp.", "This is not a good lamp."),
        ("The app is easy to use.", "The app is not easy to use."),
        ("The battery lasts long.", "The battery doesn't last long."),
    ),
    "zh": (
        ("我很满意。", "我不满意。"),
        ("质量好。", "质量不好。"),
        ("推荐购买。", "不推荐购买。"),
        ("很好用。", "不好用。"),
        ("客服态度好。", "客服态度不好。"),
        ("会再买的。", "不会再买了。"),
        ("我喜欢这个颜色。", "我不喜欢这个颜色。"),
        ("值得买。", "不值得买。"),
        ("音质清楚。", "音质不清楚。"),
        ("做工精细。", "做工不精细。"),
        ("穿着舒服。", "穿着不舒服。"),
        ("物流很快。", "物流不快，等了很久。"),
        ("包装很好。", "包装很不好。"),
        ("味道好吃。", "味道不好吃。"),
        ("性价比高。", "性价比不高。"),
        ("很满意的一次购物。", "很不满意的一次购物。"),
    ),
}

#: Patterns, and names and numbers to fill in: none of them says how anything feels.
FILLED = {
    "en": (
        ("{name} and I love this {number} litre kettle.", "positive"),
        ("The {name} headset broke after {number} days.", "negative"),
        ("Bought on order {number} from {name}, and it works perfectly.", "positive"),
        ("{name} sent me the wrong size for {number} dollars and refuses a refund.", "negative"),
        ("I gave {name} the blue one, {number} inches wide.", "neutral"),
        ("A comfortable chair, {name} sits in it {number} hours a day.", "positive"),
        ("After {number} washes the {name} shirt is full of holes.", "negative"),
        ("I ordered {number} of them for {name}.", "neutral"),
    ),
    "zh": (
        ("{name}很喜欢，买了{number}个，质量很好。", "positive"),
        ("{name}的耳机用了{number}天就坏了，差评。", "negative"),
        ("花了{number}块，{name}说很值，下次还来。", "positive"),
        ("等了{number}天，{name}客服不理人，太差了。", "negative"),
        ("{name}推荐的，{number}升的，很好用。", "positive"),
        ("{number}号的鞋子，{name}穿着磨脚，做工很差。", "negative"),
    ),
}
NAMES = {
    "en": ("Anna", "Mr. Okafor", "Priya", "Bosch", "Kestral", "Lars"),
    "zh": ("小王", "妈妈", "张先生", "美的", "李姐", "同事"),
}
NUMBERS = ("2", "7", "15", "30", "48", "120")

#: Sentences that are clear enough to survive a slip of the finger or another case.
CLEAR = {
    "en": (
        "The battery lasts for days and the sound is excellent.",
        "Terrible service, they never answered a single message.",
        "Very comfortable shoes, I wear them every day.",
        "The plastic cracked within a week, a complete waste of money.",
        "My daughter loves this backpack, great quality.",
        "Disappointing, the picture looks nothing like the product.",
        "Fantastic value, and delivery was quick.",
        "It leaks everywhere and smells awful.",
        "Easy to install and works perfectly.",
        "The worst purchase I have made this year.",
    ),
    "zh": (
        "电池很耐用，音质非常好，很满意。",
        "客服态度太差了，发了好多消息都不回。",
        "鞋子很舒服，每天都穿，推荐购买。",
        "用了一个星期就坏了，浪费钱。",
        "女儿很喜欢这个书包，质量很好。",
        "和图片完全不一样，非常失望。",
        "性价比很高，物流也快。",
        "到处漏水，味道难闻，差评。",
        "安装简单，很好用。",
        "今年最差的一次购物，太坑了。",
    ),
}

#: A sentence that says little, and an emoji that makes it more positive, or more negative.
EMOJI = {
    "en": (
        ("It arrived today", "😍", "positive"),
        ("I got this one for my desk", "👍", "positive"),
        ("So this is the new kettle", "❤️", "positive"),
        ("My second one", "😊", "positive"),
        ("It arrived today", "😡", "negative"),
        ("I got this one for my desk", "👎", "negative"),
        ("So this is the new kettle", "💩", "negative"),
        ("My second one", "😭", "negative"),
    ),
    "zh": (
        ("今天收到了", "😍", "positive"),
        ("买了一个放在桌上", "👍", "positive"),
        ("这是新的水壶", "❤️", "positive"),
        ("第二次买", "😊", "positive"),
        ("今天收到了", "😡", "negative"),
        ("买了一个放在桌上", "👎", "negative"),
        ("这是新的水壶", "💩", "negative"),
        ("第二次买", "😭", "negative"),
    ),
}
