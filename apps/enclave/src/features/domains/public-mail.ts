/** Domains under which anybody gets an address: none of them is an organization's, whoever controls its records. */
const PUBLIC_MAIL = new Set(
  `gmail.com googlemail.com outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.jp outlook.com.br msn.com passport.com
   icloud.com me.com mac.com aol.com aim.com ymail.com rocketmail.com att.net sbcglobal.net bellsouth.net comcast.net verizon.net cox.net
   charter.net earthlink.net juno.com netzero.net optonline.net proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de
   tutamail.com tuta.io tuta.com keemail.me gmx.com gmx.net gmx.de gmx.at gmx.ch gmx.us gmx.fr web.de freenet.de t-online.de arcor.de
   mail.de posteo.de posteo.net mailbox.org email.de online.de mail.com email.com usa.com consultant.com engineer.com post.com
   fastmail.com fastmail.fm hey.com duck.com zoho.com zohomail.com zohomail.eu mail.ru inbox.ru list.ru bk.ru internet.ru rambler.ru
   yandex.com yandex.ru ya.ru yandex.by yandex.kz yandex.ua ukr.net i.ua qq.com foxmail.com 163.com 126.com yeah.net 139.com 189.cn
   sina.com sina.cn sohu.com aliyun.com naver.com daum.net hanmail.net nate.com kakao.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp
   nifty.com rediffmail.com indiatimes.com sify.com orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr libero.it virgilio.it
   tiscali.it alice.it tin.it email.it uol.com.br bol.com.br terra.com.br ig.com.br globo.com seznam.cz email.cz centrum.cz wp.pl onet.pl
   o2.pl interia.pl poczta.fm telenet.be skynet.be ziggo.nl kpnmail.nl planet.nl hetnet.nl xs4all.nl home.nl bluewin.ch sunrise.ch
   btinternet.com virginmedia.com ntlworld.com talktalk.net sky.com blueyonder.co.uk bigpond.com optusnet.com.au rogers.com shaw.ca
   sympatico.ca abv.bg mail.bg sapo.pt telia.com hushmail.com runbox.com startmail.com mailfence.com disroot.org riseup.net lycos.com
   mailinator.com guerrillamail.com 10minutemail.com temp-mail.org yopmail.com trashmail.com maildrop.cc sharklasers.com getnada.com
   privaterelay.appleid.com users.noreply.github.com`.split(/\s+/),
);
/** Services with a domain in many countries. */
const FAMILIES = /^(hotmail|live|windowslive|yahoo|ymail|yandex|gmx|aol|outlook|protonmail|zoho)\.(com|co|net|org|[a-z]{2})(\.[a-z]{2})?$/;

/** @param domain normalised */
export function isPublicMail(domain: string): boolean {
  return PUBLIC_MAIL.has(domain) || FAMILIES.test(domain);
}
